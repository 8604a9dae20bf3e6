import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataset } from '../../src/core/dataset-formats/read-dataset.js';
import { parseScope } from '../../src/core/scope/scope.js';
import { SCOPE_TASK_NAMES } from '../../src/core/scope/tasks.js';
import Init from '../../src/commands/init.js';
import type { InitResult } from '../../src/lifecycle/project/init.js';
import { ToolkitError } from '../../src/core/errors/toolkit-error.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';
import { fakePorts } from '../cli/fake-ports.js';
import { runCommand } from '../cli/run-command.js';
import { runProgram } from '../cli/run-program.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-init-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const COMMANDS = new URL('../../src/commands/', import.meta.url);

describe('genai init', () => {
  it('makes a folder whose every file is there and whose scope is valid', async () => {
    const project = join(folder, 'briefs');
    const { result, stdout } = await runCommand(Init, [
      project,
      '--name',
      'Legal: "briefs"',
      '--task',
      'summary',
    ]);
    const { files } = result as InitResult;
    expect(files).toEqual([
      ...['.gitignore', 'README.md', 'data/README.md', 'evaluation/README.md', 'prompts/README.md'],
      ...[
        'prompts/summarization-chat.md',
        'prompts/summarization-plain.md',
        'scope.yaml',
        'stages/README.md',
      ],
    ]);
    for (const file of files) expect(lstatSync(join(project, file)).isFile(), file).toBe(true);
    const scope = parseScope(readFileSync(join(project, 'scope.yaml'), 'utf8'), 'scope.yaml');
    expect(scope).toMatchObject({
      name: 'Legal: "briefs"',
      task: 'summarization',
      quality: { target: null },
    });
    expect(readFileSync(join(project, 'scope.yaml'), 'utf8')).toContain('# What the project is called.');
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toMatch(
      /^# Legal: "briefs"\n\nTask: summarization/,
    );
    const filled = files.filter((file) => !file.startsWith('prompts/summarization'));
    for (const file of filled) expect(readFileSync(join(project, file), 'utf8')).not.toContain('{{');
    expect(stdout).toContain(`Made Legal: "briefs" in ${project}`);
  });

  it('asks for name and task in a terminal, and for nothing else', async () => {
    const project = join(folder, 'asked');
    const ports = fakePorts({ columns: 80, answers: ['Reviews', 'text-classification'] });
    const { result } = await runCommand(Init, [project], ports);
    expect(result).toMatchObject({ name: 'Reviews', task: 'text-classification' });
    const { questions } = ports.prompts as unknown as { questions: string[] };
    expect(questions).toEqual(['What is the project called?', 'What shall the model do?']);
  });

  it('asks nothing elsewhere, or for JSON, and then says what is missing', async () => {
    const { error } = await runCommand(Init, [join(folder, 'never')]);
    expect(error).toMatchObject({ code: 'USAGE', message: '--task is missing: what the model does' });
    expect(error!.hint).toContain(SCOPE_TASK_NAMES.join(', '));
    const ports = fakePorts({ columns: 80, answers: ['x'] });
    expect((await runCommand(Init, [join(folder, 'never'), '--json'], ports)).error).toMatchObject({
      code: 'USAGE',
    });
    expect(readdirSync(folder)).not.toContain('never');
  });

  it.each([
    [['--task', 'sumarization'], /--task: "sumarization" is not known/, /Did you mean summarization/],
    [['--task', 'chat', '--name', ''], /name: must not be empty/, /Mend/],
    [['--task', 'chat', '--name', 'two\nlines'], /name: must be one line/, /Mend/],
  ])('refuses %j before anything is written', async (flags, message, hint) => {
    const { error } = await runCommand(Init, [join(folder, 'never'), ...flags]);
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) as string });
    expect(error!.hint).toMatch(hint);
    expect(readdirSync(folder)).not.toContain('never');
  });

  it('writes into a folder that is not empty only when forced, and names what is in the way', async () => {
    const project = join(folder, 'taken');
    mkdirSync(project);
    writeFileSync(join(project, 'README.md'), 'mine');
    writeFileSync(join(project, 'notes.txt'), 'mine too');
    const { error } = await runCommand(Init, [project, '--task', 'chat']);
    expect(error).toMatchObject({
      code: 'USAGE',
      message: `${project}: is not empty; in the way: "README.md", "notes.txt"`,
    });
    expect(readdirSync(project)).toEqual(['README.md', 'notes.txt']);
    expect((await runCommand(Init, [project, '--task', 'chat', '--force'])).error).toBeUndefined();
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toMatch(/^# taken\n/);
    expect(readFileSync(join(project, 'notes.txt'), 'utf8')).toBe('mine too');
    const { error: file } = await runCommand(Init, [join(project, 'notes.txt'), '--task', 'chat', '--force']);
    expect(file).toMatchObject({
      code: 'USAGE',
      message: `${join(project, 'notes.txt')}: is a file, a folder is needed`,
    });
  });

  it('writes through no link that leads out of the folder', async () => {
    const [project, outside] = [join(folder, 'linked'), join(folder, 'elsewhere')];
    mkdirSync(project);
    mkdirSync(outside);
    symlinkSync(outside, join(project, 'data'));
    const victim = join(outside, 'victim.md');
    writeFileSync(victim, 'keep');
    symlinkSync(victim, join(project, 'README.md'));
    const { error } = await runCommand(Init, [project, '--task', 'chat', '--force']);
    expect(error).toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('leads out of') as string,
    });
    expect(readdirSync(outside)).toEqual(['victim.md']);
    expect(readFileSync(victim, 'utf8')).toBe('keep');
    // The scope comes last: what was not finished is no project.
    expect(readdirSync(project)).not.toContain('scope.yaml');
  });

  it('says that a folder may not be written to', async () => {
    const project = join(folder, 'read-only');
    const denied = new ToolkitError(`${project}: no permission to write it`, 'WRITE_FAILED');
    const fileSystem = { ...nodeFileSystem, writeAtomic: () => Promise.reject(denied) };
    const { error } = await runCommand(Init, [project, '--task', 'chat'], fakePorts({ fileSystem }));
    expect(error).toMatchObject({ code: 'WRITE_FAILED' });
  });

  it('runs as a program, followed by genai status', async () => {
    const project = join(folder, 'program');
    const made = await runProgram(['init', project, '--task', 'translation', '--json', '--quiet']);
    expect({ stderr: made.stderr, status: made.status }).toEqual({ stderr: '', status: 0 });
    expect(JSON.parse(made.stdout)).toMatchObject({ project, name: 'program', task: 'translation' });
    const shown = await runProgram(['status'], { directory: join(project, 'data') });
    expect(shown.stdout).toContain('genai scope --from scope.yaml');
  }, 60_000);
});

describe('the files of a new project', () => {
  const readme = readFileSync(new URL('../../templates/project/README.md', import.meta.url), 'utf8');

  it('name commands that there are', () => {
    const commands = [...readme.matchAll(/`genai ([a-z -]+?)(?= -| [A-Z]| runs|`)/g)].map(([, words]) =>
      words!.trim(),
    );
    expect(commands.length).toBeGreaterThan(6);
    for (const words of commands) {
      const path = words.replaceAll(' ', '/');
      // A topic that is a command itself is the index of its folder.
      const files = [`${path}.ts`, `${path}/index.ts`].map((file) => new URL(file, COMMANDS));
      expect(
        files.some((file) => existsSync(file)),
        words,
      ).toBe(true);
    }
  });

  it('show a row that can be read', async () => {
    const text = readFileSync(new URL('../../templates/project/data/README.md', import.meta.url), 'utf8');
    const [, row] = /```json\n(.*)\n```/.exec(text)!;
    const path = join(folder, 'row.jsonl');
    writeFileSync(path, `${row!}\n`);
    expect(await readDataset(nodeFileSystem, path)).toMatchObject({
      format: 'prompt-completion',
      problems: [],
    });
  });

  it('have prompts for every task, the very ones that ship with the toolkit', async () => {
    for (const task of SCOPE_TASK_NAMES) {
      const project = join(folder, `prompts-${task}`);
      await runCommand(Init, [project, '--task', task]);
      const names = readdirSync(join(project, 'prompts')).filter((name) => name !== 'README.md');
      expect(
        names.some((name) => name.endsWith('-plain.md')),
        task,
      ).toBe(true);
      for (const name of names) {
        const text = readFileSync(join(project, 'prompts', name), 'utf8');
        expect(text, name).toContain(`\ntask: ${task}\n`);
        expect(text, name).toBe(
          readFileSync(new URL(`../../templates/prompts/${name}`, import.meta.url), 'utf8'),
        );
      }
    }
  });
});
