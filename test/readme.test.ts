/**
 * README.md tells the truth: every command line in it is run. A session (a `console` block: `$ ` begins a command, what
 * follows is what an 80-column terminal shows) must print what it says; how the two are compared, and what may differ,
 * is in test/readme/sessions.ts. One model is trained for it, in half a minute; what it learns differs a little between
 * machines, so that its figures are held loosely. Other sessions that train, and those that use what was trained, would
 * take minutes: they are rehearsed, on the first rows of the datasets and for two steps, and must succeed.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakePorts } from './cli/fake-ports.js';
import { runCommand } from './cli/run-command.js';
import {
  asInstalled,
  elideAs,
  maskFigures,
  maskVarying,
  readSessions,
  readShellLines,
  screenLines,
  splitWords,
  type SessionCommand,
} from './readme/sessions.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Commands in `sh` blocks that are not run here, and what runs them. */
const RUN_ELSEWHERE: readonly { readonly pattern: RegExp; readonly where: string }[] = [
  { pattern: /^npm ci && npm run quickstart$/, where: 'scripts/quickstart.ts' },
  { pattern: /^npm ci && npm test$/, where: '.ci/run' },
  // It ends only when it is told to.
  { pattern: /^genai deploy serve templates\/starter-model$/, where: 'test/commands/deploy/serve.test.ts' },
];

/** Training that would take minutes, and what uses its result. */
const REHEARSED = /\bruns\/sentiment\b/;
/** What shows the model that is trained here. */
const LEARNT = /\bruns\/(quick|after)\b/;
/** How far its accuracy may be from the one in README.md: three of its standard errors on 298 rows. */
const LEARNT_TOLERANCE = 0.07;
/** Milliseconds that a session may take on a busy machine. */
const LONGEST_SESSION = 600_000;
/** Optimizer steps and rows of a rehearsal. */
const REHEARSAL = { steps: 2, rows: 24 };

const installed = (session: SessionCommand): SessionCommand => ({
  ...session,
  command: asInstalled(session.command).replace(/\s+#\s.*$/, ''),
});
const sessions = readSessions(README).map(installed);
const shellLines = readShellLines(README).map(installed);

type CommandClass = Parameters<typeof runCommand>[0] & Pick<Command.Class, 'flags'>;

/** The command that words name, by its file in src/commands, and the words that are left. */
async function findCommand(command: string): Promise<{ id: string; class: CommandClass; argv: string[] }> {
  const [program, ...words] = splitWords(command);
  if (program !== 'genai')
    throw new Error(`${program ?? ''} is not run here; RUN_ELSEWHERE says what is run elsewhere`);
  for (let length = Math.min(2, words.length); length > 0; length--) {
    const base = join(ROOT, 'src/commands', words.slice(0, length).join('/'));
    // A topic that is a command itself is the index of its folder.
    const path = [`${base}.ts`, `${base}/index.ts`].find((candidate) => existsSync(candidate));
    if (path === undefined) continue;
    const module = (await import(path)) as { default: CommandClass };
    return { id: words.slice(0, length).join(' '), class: module.default, argv: words.slice(length) };
  }
  throw new Error(`there is no command \`${command}\``);
}

/** Results by command, which are what `--json` prints. */
const results = new Map<string, unknown>();

/** Runs a command line of README.md in the current folder and returns what a terminal shows. */
async function runLine(
  command: string,
  more: readonly string[] = [],
): Promise<{ shown: string[]; failure?: string }> {
  const { id, class: commandClass, argv } = await findCommand(command);
  // One screen of 80 columns for both streams, as on a terminal, and a clock that goes.
  const ports = fakePorts({ columns: 80 });
  Object.assign(ports, { stderr: ports.stdout, now: () => Date.now() });
  const { stdout, error, result } = await runCommand(commandClass, [...argv, ...more], ports);
  const shown = screenLines(stdout);
  if (error === undefined) {
    results.set(id, result);
    return { shown };
  }
  shown.push(`Error: ${error.message}`, ...(error.hint === undefined ? [] : [`  → ${error.hint}`]));
  return { shown, failure: error.message };
}

/** The table of JSON keys: the commands of each row, and its keys, inner ones spelt out. */
function documentedKeys(): { commands: string[]; keys: string[] }[] {
  const section = /^## JSON$(.*?)^## /ms.exec(README)?.[1] ?? '';
  const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, inner = '']) => inner);
  return [...section.matchAll(/^\| (`.*?) +\| (`.*?) +\|$/gm)].map(([, commands = '', keys = '']) => ({
    commands: quoted(commands),
    // After a semicolon come remarks.
    keys: quoted(keys.split(';')[0]!).flatMap((key) => {
      const [, outer, inner] = /^(\w+)\.\{(.*)\}$/.exec(key) ?? [];
      return inner === undefined ? [key] : inner.split(',').map((name) => `${outer}.${name}`);
    }),
  }));
}

describe('README.md', () => {
  let folder = '';
  /** Makes a copy of what the commands use, so that nothing is written into the checkout. */
  function enterCopy(change: (folder: string) => void): void {
    folder = mkdtempSync(join(tmpdir(), 'genai-readme-'));
    for (const name of ['datasets', 'templates']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    change(folder);
    process.chdir(folder);
  }
  function leaveCopy(): void {
    process.chdir(ROOT);
    rmSync(folder, { recursive: true });
  }

  it('shows sessions', () => {
    expect(sessions.length).toBeGreaterThan(0);
  });

  it('links to files that there are, and that an installed package has', () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly files: readonly string[];
    };
    const links = [...README.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      expect(existsSync(join(ROOT, link)), link).toBe(true);
      expect(
        files.some((path) => link === path || link.startsWith(`${path}/`)),
        link,
      ).toBe(true);
    }
  });

  it.each(shellLines)('line $line: `$command` is run elsewhere', ({ command }) => {
    const entry = RUN_ELSEWHERE.find(({ pattern }) => pattern.test(command));
    expect(entry, 'show it as a session, or add what runs it to RUN_ELSEWHERE').toBeDefined();
    expect(existsSync(join(ROOT, entry!.where))).toBe(true);
  });

  describe('prints what its sessions say', () => {
    beforeAll(() => enterCopy(() => undefined));
    afterAll(leaveCopy);

    it.each(sessions.filter(({ command }) => !REHEARSED.test(command)))(
      'line $line: $command',
      async ({ command, output }) => {
        const { shown, failure } = await runLine(command);
        // An ellipsis may stand for much, but not for a failure.
        if (!output.some((line) => line.startsWith('Error: '))) expect(failure).toBeUndefined();
        const mask = LEARNT.test(command) ? maskFigures : maskVarying;
        const expected = output.map(mask);
        expect(elideAs(expected, shown.map(mask))).toEqual(expected);
      },
      LONGEST_SESSION,
    );

    it('shows an accuracy that is learnt here too, and is better than before', () => {
      const accuracyOf = (run: string): number => {
        const written = JSON.parse(readFileSync(join(folder, run, 'results.json'), 'utf8')) as {
          results: Record<string, Record<string, number>>;
        };
        return written.results['sentiment']!['accuracy,strip']!;
      };
      const [before, after] = [accuracyOf('runs/before'), accuracyOf('runs/after')];
      const told = sessions.find(({ command }) => command.startsWith('genai evaluate runs/quick'))!;
      const [, written] = /^accuracy +([\d.]+)/m.exec(told.output.join('\n'))!;
      expect(Math.abs(after - Number(written))).toBeLessThan(LEARNT_TOLERANCE);
      expect(after).toBeGreaterThan(before);
    });
  });

  describe('shows training that can be done', () => {
    beforeAll(() =>
      enterCopy((copy) => {
        for (const name of readdirSync(join(copy, 'datasets'), { recursive: true, encoding: 'utf8' })) {
          if (!name.endsWith('.jsonl')) continue;
          const path = join(copy, 'datasets', name);
          writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, REHEARSAL.rows).join('\n'));
        }
      }),
    );
    afterAll(leaveCopy);

    it.each(sessions.filter(({ command }) => REHEARSED.test(command)))(
      'line $line: $command',
      async ({ command }) => {
        const isNewRun = /^genai adapt (fine-tune|pre-train) /.test(command) && !command.includes('--resume');
        const { failure } = await runLine(command, isNewRun ? ['--max-steps', String(REHEARSAL.steps)] : []);
        expect(failure).toBeUndefined();
      },
    );
  });

  // After the sessions, whose results it looks at.
  it.each(documentedKeys())('documents the JSON of $commands', ({ commands, keys }) => {
    const result = commands.map((command) => results.get(command)).find((found) => found !== undefined);
    expect(result, 'no session of these commands').toBeDefined();
    for (const key of keys) {
      const names = key.split('.');
      const value = names.reduce<unknown>(
        (object, name) => (object as Record<string, unknown>)[name],
        result,
      );
      expect(value, key).toBeDefined();
    }
  });
});
