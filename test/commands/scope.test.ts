import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCOPE_QUESTIONS } from '../../src/cli/scope-questions.js';
import ScopeCommand from '../../src/commands/scope.js';
import { SCOPE_FIELDS } from '../../src/core/scope/scope-fields.js';
import { parseScope, type Scope } from '../../src/core/scope/scope.js';
import type { ScopeResult } from '../../src/lifecycle/scope/scope.js';
import { exampleCommandLines } from '../cli/examples.js';
import { fakePorts } from '../cli/fake-ports.js';
import { runCommand } from '../cli/run-command.js';
import { runProgram } from '../cli/run-program.js';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-scope-'));
  file = join(folder, 'scope.yaml');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (): Scope => parseScope(readFileSync(file, 'utf8'), file);
const scope = (...argv: string[]) => runCommand(ScopeCommand, [...argv, '--out', file]);
const LEAST = ['--name', 'briefs', '--task', 'summarization'];

describe('genai scope by flags', () => {
  it('has a flag for every value of a scope but the version of the form', () => {
    const values = SCOPE_FIELDS.filter(({ keys }) => keys === undefined).map(({ path }) => path);
    expect(SCOPE_QUESTIONS.map(({ path }) => path).sort()).toEqual(
      values.filter((path) => path !== 'version').sort(),
    );
    expect(Object.keys(ScopeCommand.flags)).toEqual(
      expect.arrayContaining(SCOPE_QUESTIONS.map(({ flag }) => flag)),
    );
  });

  it('writes every field', async () => {
    const { error } = await scope(
      ...['--name', 'briefs', '--task', 'Summarisation', '--description', 'Briefs in, summaries out.'],
      ...[
        '--example-input',
        'two\nlines',
        '--example-output',
        'one',
        '--input-tokens',
        '3k',
        '--output-tokens',
        '200',
      ],
      ...['--language', 'en,de', 'fr', '--domain', 'law', '--unusual-vocabulary', '--domain-tokens', '3B'],
      ...[
        '--labelled-examples',
        '0',
        '--metric',
        'rougeL',
        '--target',
        '0.4',
        '--first-token-seconds',
        '0.5',
      ],
      ...[
        '--tokens-per-second',
        '20',
        '--requests-per-day',
        '1e3',
        '--concurrent',
        '4',
        '--privacy',
        'on-device',
      ],
      ...[
        '--gpu',
        'RTX 4090',
        '--gpus',
        '0',
        '--memory-gb',
        '24',
        '--budget',
        '5000',
        '--budget-per-month',
        '300.5',
      ],
      ...['--commercial-use', '--no-derivatives'],
    );
    expect(error).toBeUndefined();
    expect(read()).toEqual({
      version: 1,
      name: 'briefs',
      task: 'summarization',
      description: 'Briefs in, summaries out.',
      example: { input: 'two\nlines', output: 'one' },
      input_tokens: 3000,
      output_tokens: 200,
      languages: ['en', 'de', 'fr'],
      domain: { name: 'law', unusual_vocabulary: true, tokens_available: 3e9 },
      labelled_examples: 0,
      quality: { metric: 'rougeL', target: 0.4 },
      latency: { first_token_seconds: 0.5, tokens_per_second: 20 },
      volume: { requests_per_day: 1000, concurrent: 4 },
      privacy: 'on-device',
      hardware: { gpu: 'RTX 4090', gpus: 0, memory_gb: 24 },
      budget: { usd: 5000, usd_per_month: 300.5 },
      licence: { commercial_use: true, derivatives: false },
    });
    // Nothing half-written stays beside it.
    expect(readdirSync(folder)).toEqual(['scope.yaml']);
  });

  it('prints the plan with reasons and sources, and the next commands', async () => {
    const { stdout } = await scope(
      ...LEAST,
      '--labelled-examples',
      '800',
      '--metric',
      'rougeL',
      '--target',
      '0.4',
    );
    expect(stdout).toContain(`Written to ${file}: briefs\n`);
    expect(stdout).toMatch(/\nArchitecture\nEncoder–decoder \(T5.*\n {2}because task is summarization\n/);
    expect(stdout).toContain('The bar: rougeL of 0.4.');
    expect(stdout).toContain('Of 1,000 labelled examples 200 are still to be gathered.');
    expect(stdout).toContain(`$ genai select recommend --scope ${file}\n`);
    expect(stdout.match(/source: /g)?.length).toBeGreaterThanOrEqual(5);
  });

  it('gives the same as JSON', async () => {
    const { stdout } = await scope(...LEAST, '--json');
    const result = JSON.parse(stdout) as ScopeResult;
    expect(Object.keys(result)).toEqual(['file', 'scope', 'plan']);
    expect(result).toMatchObject({
      file,
      scope: { name: 'briefs', licence: { commercial_use: null } },
      plan: { families: ['encoder-decoder', 'decoder'], metric: { name: 'rougeL', chosen_by: 'plan' } },
    });
    expect(result.scope).toEqual(read());
  });

  it('fits a terminal of 60 cells, and shows no control character of a file name', async () => {
    const ports = fakePorts({ columns: 60 });
    await runCommand(
      ScopeCommand,
      [...LEAST, '--no-ask', '--domain', 'law\u202e', '--out', `${file}\u001b[2J`],
      ports,
    );
    const lines = ports.stdout.text.split('\n');
    // A path or a command may be longer than the line.
    const prose = lines.filter((line) => line.includes(' ') && !/[/\\]/.test(line));
    for (const line of prose) expect(line.length).toBeLessThanOrEqual(60);
    expect(ports.stdout.text).not.toMatch(/\u001b\[2J|\u202e/);
    expect(ports.stdout.text).toContain(String.raw`\x1b[2J`);
  });

  it('tells every wrong flag at once, with near matches', async () => {
    const { error } = await scope(
      ...[
        '--name',
        'a\nb',
        '--task',
        'sumarization',
        '--language',
        'german',
        '--target',
        'much',
        '--gpus',
        '-1',
      ],
      ...['--labelled-examples', '1.5', '--memory-gb', '0', '--budget', '-5', '--privacy', 'on-devise'],
      ...['--input-tokens', '0', '--domain', ''],
    );
    expect(error?.code).toBe('USAGE');
    expect(error?.message.split('\n')).toEqual([
      String.raw`--name "a\nb": must be one line`,
      expect.stringMatching(/^--task "sumarization": must be one of .*Did you mean summarization\?$/),
      '--input-tokens "0": must be 1 or more',
      '--language "german": must be an ISO 639 code of a language, such as en, de or zh',
      '--domain "": must not be empty; leave it out or write null',
      '--labelled-examples "1.5": must be a whole number, such as 800, 20k or 3B',
      '--target "much": must be a number',
      expect.stringContaining('--privacy "on-devise": must be one of'),
      '--gpus "-1": must be a whole number, such as 800, 20k or 3B',
      '--memory-gb "0": must be above zero',
      '--budget "-5": must be above zero',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each<[string[], RegExp]>([
    [['--target', '0.5'], /quality.target: needs the metric beside it/],
    [['--metric', 'f1', '--target', '90'], /quality.target: must be at most 1, the best that f1 can be/],
    [['--gpu', 'H1000'], /hardware.gpu: .*H1000/],
  ])('refuses %j', async (argv, message) => {
    const { error } = await scope(...LEAST, ...argv);
    expect(error?.code).toBe('USAGE');
    expect(error?.message).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes a GPU it does not know when its memory is given', async () => {
    expect((await scope(...LEAST, '--gpu', 'Abacus 9', '--memory-gb', '12')).error).toBeUndefined();
    expect(read().hardware).toEqual({ gpu: 'Abacus 9', gpus: null, memory_gb: 12 });
  });

  it('says in a pipe all that is missing', async () => {
    const { error } = await scope('--domain', 'law');
    expect(error?.code).toBe('USAGE');
    expect(error?.message).toMatch(/^--name is missing\..*\n--task is missing\./);
  });

  it('never replaces a file without --force', async () => {
    writeFileSync(file, 'mine');
    const { error } = await scope(...LEAST);
    expect(error?.code).toBe('USAGE');
    expect(error?.hint).toContain('--force');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await scope(...LEAST, '--force')).error).toBeUndefined();
    expect(read().name).toBe('briefs');
  });

  it('does not write over a folder either', async () => {
    const { error } = await runCommand(ScopeCommand, [...LEAST, '--out', folder]);
    expect(error?.code).toBe('USAGE');
  });
});

describe('genai scope --from', () => {
  beforeEach(async () => {
    await scope(...LEAST, '--domain', 'law', '--labelled-examples', '800');
  });

  it('checks a file, plans, and writes nothing', async () => {
    const before = readFileSync(file, 'utf8');
    const { result, error } = await runCommand(ScopeCommand, ['--from', file]);
    expect(error).toBeUndefined();
    expect(result).toMatchObject({
      file: null,
      scope: { labelled_examples: 800 },
      plan: { approach: 'fine-tune' },
    });
    expect((result as ScopeResult).plan.next_commands[0]?.command).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['scope.yaml']);
  });

  it('lets flags go before the file, and writes where --out says', async () => {
    const other = join(folder, 'other.yaml');
    const { error } = await runCommand(ScopeCommand, [
      '--from',
      file,
      '--labelled-examples',
      '3',
      '--out',
      other,
    ]);
    expect(error).toBeUndefined();
    const written = parseScope(readFileSync(other, 'utf8'), other);
    expect(written).toEqual({ ...read(), labelled_examples: 3 });
  });

  it('tells what is wrong in the file, with its lines', async () => {
    writeFileSync(
      file,
      'version: 1\nname: briefs\ntask: summarization\ndomian: {name: law}\nlabelled_examples: many\n',
    );
    const { error } = await runCommand(ScopeCommand, ['--from', file]);
    expect(error?.message.split('\n')).toEqual([
      `${file}:4: unknown key "domian". Did you mean domain?`,
      `${file}:5: labelled_examples: must be a number`,
    ]);
    expect(error?.code).toBe('USAGE');
  });

  it('says when there is no such file, or it is no scope by its size', async () => {
    expect((await runCommand(ScopeCommand, ['--from', join(folder, 'none.yaml')])).error?.code).toBe(
      'NOT_FOUND',
    );
    writeFileSync(file, 'x'.repeat(1024 * 1024 + 1));
    expect((await runCommand(ScopeCommand, ['--from', file])).error?.message).toContain(
      'too many for a scope',
    );
  });
});

describe('genai scope --schema', () => {
  it('prints the schema, with --json or without', async () => {
    const plain = await runCommand(ScopeCommand, ['--schema']);
    const json = await runCommand(ScopeCommand, ['--schema', '--json']);
    expect(JSON.parse(plain.stdout)).toMatchObject({ required: ['version', 'name', 'task'] });
    expect(json.stdout).toBe(plain.stdout);
  });
});

describe('genai scope in a terminal', () => {
  async function ask(answers: readonly unknown[], ...argv: string[]) {
    const ports = fakePorts({ columns: 100, answers });
    const run = await runCommand(ScopeCommand, [...argv, '--out', file], ports);
    const { questions } = ports.prompts as unknown as { questions: string[] };
    return { ...run, questions };
  }

  /** Answers that leave everything open but name and task, for a task that writes. */
  const opened = Array.from({ length: 30 }, () => '');

  it('asks for everything that matters, and writes the answers', async () => {
    const { error, questions } = await ask([
      ...['briefs', 'summarization', 'Briefs in.', 'The parties …', 'A dispute.', '3000', '200', 'en de'],
      ...[
        'law',
        true,
        '2.5B',
        '800',
        'rougeL',
        '0.4',
        '2',
        '',
        '1000',
        '3',
        'on-device',
        '',
        '16',
        '',
        '250',
      ],
      ...[true, 'not said'],
    ]);
    expect(error).toBeUndefined();
    expect(read()).toMatchObject({
      name: 'briefs',
      languages: ['en', 'de'],
      domain: { name: 'law', unusual_vocabulary: true, tokens_available: 2.5e9 },
      labelled_examples: 800,
      quality: { metric: 'rougeL', target: 0.4 },
      latency: { first_token_seconds: 2, tokens_per_second: null },
      volume: { requests_per_day: 1000, concurrent: 3 },
      privacy: 'on-device',
      hardware: { gpu: null, gpus: null, memory_gb: 16 },
      budget: { usd: null, usd_per_month: 250 },
      licence: { commercial_use: true, derivatives: null },
    });
    expect(questions).toHaveLength(25);
  });

  it('asks only what the flags leave open and the task calls for', async () => {
    const answers = [
      '',
      '',
      '900',
      '',
      '',
      '0',
      'not said',
      '',
      '',
      'not said',
      '',
      '',
      '',
      'not said',
      'not said',
    ];
    const { error, questions } = await ask(answers, '--name', 'mail', '--task', 'text-classification');
    expect(error).toBeUndefined();
    expect(read()).toMatchObject({
      name: 'mail',
      task: 'text-classification',
      input_tokens: 900,
      output_tokens: null,
    });
    const asked = questions.join('\n');
    // Labels are not written, everyday language has no vocabulary of its own, and no metric has no bar.
    for (const left of [
      'called',
      'to do',
      'typical output',
      'rare elsewhere',
      'bar',
      'written',
      'same moment',
      'memory',
    ]) {
      expect(asked).not.toContain(left);
    }
    expect(questions).toHaveLength(answers.length);
  });

  it('explains every choice', () => {
    const known = { task: 'translation' };
    for (const { choices } of SCOPE_QUESTIONS) {
      for (const { description } of choices?.(known) ?? [])
        expect((description ?? '').length).toBeGreaterThan(20);
    }
  });

  it('refuses an answer that will not do, when it is given', async () => {
    // The answers of the test are given once; a person at a terminal is asked again.
    const count = await ask(['briefs', 'summarization', '', '', '-3']);
    expect(count.error?.message).toContain('must be a whole number');
    const name = await ask(['']);
    expect(name.error?.message).toContain('Something is needed here.');
  });

  it('asks nothing for a file that is there already, nor with --no-ask, --json or --from', async () => {
    expect((await ask([], '--no-ask', ...LEAST)).questions).toEqual([]);
    const again = await ask(opened);
    expect(again.error?.message).toContain('there is something already');
    expect(again.questions).toEqual([]);
    expect((await ask([], '--json', '--force', ...LEAST)).questions).toEqual([]);
    expect((await ask([], '--force', '--from', file)).questions).toEqual([]);
  });
});

describe('the examples of its help', () => {
  it('run, one after the other', async () => {
    const program = exampleCommandLines(ScopeCommand, 'scope');
    for (const [, ...words] of program) {
      const { status, stderr } = await runProgram(words, { directory: folder });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    }
    expect(read().domain).toEqual({ name: 'law', unusual_vocabulary: true, tokens_available: null });
  }, 30_000);
});
