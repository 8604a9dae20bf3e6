import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import PromptEngineer from '../../../src/commands/adapt/prompt-engineer.js';
import type { PromptEngineerResult } from '../../../src/lifecycle/adapt/prompt-engineer.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'genai-prompt-engineer-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const prompted = ['--model', 'templates/starter-model', '--prompt', 'classification-plain', '--threads', '1'];
const sentiment = [...prompted, '--dataset', 'datasets/sentiment'];
const classification = [...sentiment, '--labels', 'negative,positive'];

function write(name: string, ...rows: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

describe('genai adapt prompt-engineer', () => {
  it('compares the likelihoods of labels, and takes up what was answered before', async () => {
    const out = join(folder, 'likelihood');
    const argv = [
      ...classification,
      '--shots',
      '0,1',
      '--examples',
      'balanced',
      '--limit',
      '4',
      '--out',
      out,
    ];
    const first = await runCommand(PromptEngineer, argv);
    const { configurations, labels_by } = first.result as PromptEngineerResult;
    expect(first.error).toBeUndefined();
    expect(labels_by).toBe('likelihood');
    expect(configurations.map(({ cached_rows }) => cached_rows)).toEqual([0, 0]);
    expect(first.stdout).toContain('2 configurations on 4 rows of datasets/sentiment/test.jsonl');
    expect(first.stdout).toContain(`The best prompt and the results are in ${out}.`);
    const again = (await runCommand(PromptEngineer, argv)).result as PromptEngineerResult;
    expect(again.configurations).toEqual(configurations.map((one) => ({ ...one, cached_rows: 4 })));
  }, 60_000);

  it('shows a prompt exactly as it is sent, and what it takes of the window', async () => {
    // Forty sentences with their labels have no room in 256 tokens.
    const argv = [...classification, '--shots', '0,40', '--examples', 'first', '--dry-run'];
    const { stdout, result } = await runCommand(PromptEngineer, argv);
    const [none, many] = (result as PromptEngineerResult).sent;
    expect(none!.sent).toEqual({
      kind: 'text',
      text: 'Classify each text as negative, positive.\n\nText: Review: Our server was super nice and checked on us many times.\nSentiment:\nLabel:',
    });
    expect(stdout).toContain(
      `classification-plain, row 1, 0 examples · ${none!.tokens} tokens · ${Math.round((100 * none!.tokens!) / 256)} % of 256 · nothing cut`,
    );
    const text = many!.sent.kind === 'text' ? many!.sent.text : '';
    const shown = text.split('Label:').length - 2;
    expect(shown).toBeGreaterThan(0);
    expect(many!.dropped_examples).toBe(40 - shown);
    expect(many!.tokens).toBeLessThan(256);
    expect(stdout).toContain(`${40 - shown} of the examples cut`);
  });

  it('explains how the token after a prompt is chosen, for every setting, and measures nothing', async () => {
    const out = join(folder, 'unmeasured');
    const settings = ['--temperature', '0.5,1', '--top-k', '2', '--explain-sampling', '--shots', '1'];
    const { stdout, result } = await runCommand(PromptEngineer, [
      ...classification,
      ...settings,
      '--out',
      out,
    ]);
    const { next_tokens, configurations } = result as PromptEngineerResult;
    expect(configurations).toEqual([]);
    expect(existsSync(out)).toBe(false);
    const [half, whole] = next_tokens!;
    expect(next_tokens!.map(({ settings }) => settings.temperature)).toEqual([0.5, 1]);
    // At temperature 1 the model's own probabilities stay; at 0.5 their squares, over the sum of the squares.
    const of = (one: typeof half, stage: number) =>
      one!.explanation.tokens.map((token) => token.probabilities[stage]!);
    expect(of(whole, 1)).toEqual(of(whole, 0));
    const [a, b] = of(half, 0) as [number, number];
    const [x, y] = of(half, 1) as [number, number];
    expect(x / y).toBeCloseTo((a / b) ** 2, 4);
    expect(of(half, 2).slice(0, 3)).toEqual([
      expect.closeTo(x / (x + y), 6),
      expect.closeTo(y / (x + y), 6),
      0,
    ]);
    expect(half!.explanation.prompt_tokens).toBe(half!.tokens);
    expect(stdout).toContain('1 example · temperature 0.5 · top-k 2');
    expect(stdout).toContain('possible tokens');
    const argv = ['--model', `recorded:${write('none.jsonl', { prompt: 'A', completion: 'B' })}`];
    const recorded = await runCommand(PromptEngineer, [
      ...argv,
      ...classification.slice(2),
      '--explain-sampling',
    ]);
    expect(recorded.error).toMatchObject({ code: 'UNSUPPORTED' });
    const beams = ['--generate', '--beams', '2', '--dry-run'];
    const refused = await runCommand(PromptEngineer, [...argv, ...classification.slice(2), ...beams]);
    expect(refused.error).toMatchObject({ code: 'UNSUPPORTED' });
    expect(refused.error!.message).toContain('has no beam search');
  });

  it('does not cut the instruction: a row that has no room is an error that names it', async () => {
    const rows = write(
      'long.jsonl',
      { prompt: 'short', completion: 'positive' },
      { prompt: 'long '.repeat(400), completion: 'negative' },
    );
    const argv = [...prompted, '--dataset', rows, '--out', join(folder, 'never')];
    const { error } = await runCommand(PromptEngineer, argv);
    expect(error).toMatchObject({ code: 'CONTEXT_OVERFLOW' });
    expect(error!.message).toContain(`${rows}: row 2: classification-plain: the prompt has`);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('lets no escape of the data reach the terminal', async () => {
    const rows = write('hostile.jsonl', { prompt: '\u001b[2J{{ label }}\n# user', completion: 'positive' });
    const argv = [...prompted, '--dataset', rows, '--dry-run'];
    const { stdout, stderr } = await runCommand(PromptEngineer, argv);
    expect(stdout).toContain('\\x1b[2J{{ label }}\n# user');
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it.each([
    [['--shots', 'some'], '--shots: "some" is not a list of numbers'],
    [['--shots', '1,,2'], '--shots: "1,,2" is not a list of numbers'],
    [['--shots', '2,2'], '--shots: names a number twice'],
    [['--top-p', '0'], '--top-p.0: must be above 0'],
    [['--column', 'text'], '--column: "text" is not NAME=VALUE'],
    [['--labels', 'one'], '--labels: must be two or more'],
    [['--examples', 'best'], 'Expected --examples=best'],
    [['--limit', '0'], '0'],
    [['--temperature', '0,1'], '--temperature: the likelihoods of labels are compared'],
    [['--stop', 'x'], '--stop: the likelihoods of labels are compared'],
    [['--beams', '1.5'], '--beams.0: must be whole numbers'],
    [['--beams', '65'], '--beams.0: must be 64 at most'],
    [
      ['--generate', '--beams', '1,4', '--temperature', '0,0.5'],
      '--beams 4 looks for the likeliest text, and --temperature 0.5 draws one',
    ],
    [['--explain-sampling', '--beams', '2'], '2 beams do not choose token by token'],
    [['--explain-sampling', '--dry-run'], '--dry-run'],
    [['--metric', 'rouge-l'], 'cannot be measured by rouge-l'],
  ])('refuses %j', async (flags, message) => {
    const { error } = await runCommand(PromptEngineer, [...sentiment, ...flags]);
    expect(error).toMatchObject({ code: 'USAGE' });
    expect(error!.message).toContain(message);
  });

  it('says all that is missing where nobody can be asked', async () => {
    const { error } = await runCommand(PromptEngineer, ['--shots', '1']);
    expect(error).toMatchObject({
      code: 'USAGE',
      message: 'Missing --model (what answers), --prompt (a template), --dataset (rows to measure on)',
    });
  });

  it('runs as a program', async () => {
    const argv = ['adapt', 'prompt-engineer', ...classification, '--dry-run', '--json', '--quiet'];
    const { stdout, stderr, status } = await runProgram(argv);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      configurations: [],
      sent: [{ shots: 0, context_length: 256 }],
    });
  });
});

describe('the workbench', () => {
  const out = join(folder, 'workbench');
  let model: string;
  let dataset: string;
  beforeAll(() => {
    const rows = ['A', 'B', 'C', 'D'].map((text) => ({ text, label: text < 'C' ? 'good' : 'bad' }));
    dataset = write('rows.jsonl', ...rows);
    // Asked by "X:" the recorded model is right in half of the rows, by "X?" in all of them.
    const answers = rows.flatMap(({ text, label }) => [
      { prompt: `${text}:`, completion: 'good', prompt_tokens: 2 },
      { prompt: `${text}?`, completion: label, prompt_tokens: 2 },
    ]);
    model = `recorded:${write('outputs.jsonl', ...answers)}`;
  });

  it('asks for what is missing, edits, runs, and holds each run against the last', async () => {
    const answers = [
      ...[model, dataset, 'classification-plain'],
      ...['Edit the prompt', '{{ text }}:', 'good, bad', 'Run it'],
      ...['Edit the prompt', '{{ text', 'good, bad'],
      ...['Edit the prompt', '{{ text }}?', 'good, bad', 'Run it', 'Leave'],
    ];
    const ports = fakePorts({ columns: 100, answers });
    const { error, result, stdout } = await runCommand(PromptEngineer, ['--out', out], ports);
    expect(error).toBeUndefined();
    expect(result).toMatchObject({ configurations: [{ value: 1, shots: 0 }] });
    expect(stdout).toContain('the template that begins here cannot be read');
    // Half of four rows against all: one draw in sixteen has only rows that were right before, so 0 is in the interval.
    expect(stdout.replace(/\s+/g, ' ')).toContain('between the last run and this run (Accuracy 50 and 100)');
    expect(readFileSync(join(out, 'prompt.md'), 'utf8')).toContain('{{ text }}?');
  });

  it('ends with nothing where nothing was run', async () => {
    const ports = fakePorts({ columns: 100, answers: ['classification-plain', 'Leave'] });
    const argv = ['--model', model, '--dataset', dataset, '--out', join(folder, 'empty')];
    const { error } = await runCommand(PromptEngineer, argv, ports);
    expect(error).toMatchObject({ code: 'INTERRUPTED', message: 'Nothing was run' });
  });
});

describe('in a project', () => {
  it('makes the best prompt the project’s, and records the sweep', async () => {
    const project = join(folder, 'project');
    for (const name of ['stages', 'prompts', 'data']) mkdirSync(join(project, name), { recursive: true });
    writeFileSync(join(project, 'scope.yaml'), 'task: text-classification\n');
    const { promptStep } = await import('../../../src/lifecycle/adapt/prompt-step.js');
    const { nodeFileSystem } = await import('../../../src/platform/file-system.js');
    const out = join(project, 'runs', 'prompts', 'a');
    mkdirSync(out, { recursive: true });
    const shots = (from: string) => `shots:\n  count: 3\n  strategy: random\n  seed: 0\n  from: ${from}\n`;
    const best = (from: string) =>
      `---\nname: best\nkind: plain\nvariables:\n  text: T\n${shots(from)}---\n{{ text }}\n`;
    writeFileSync(join(out, 'prompt.md'), best('../../../data/train.jsonl'));
    const dataset = join(project, 'data', 'rows.jsonl');
    writeFileSync(dataset, '');
    const result = {
      ...{ metric: 'rouge-l', out, model: 'openai:some', dataset: { path: dataset, rows: 4, sha256: '' } },
      configurations: [{ prompt: 'essay-plain', shots: 3, value: 0.5 }],
    } as unknown as PromptEngineerResult;
    const words = ['--dataset', dataset];
    const request = {
      words,
      model: 'openai:some@http://localhost',
      adapter: undefined,
      prompts: ['essay-plain'],
    };
    const step = await promptStep(project, request, result, nodeFileSystem);
    expect(step).toEqual({
      stage: 'adapt',
      name: 'prompt-openai-some-http-localhost',
      command: 'genai adapt prompt-engineer --dataset data/rows.jsonl',
      inputs: [dataset],
      outputs: [out, join(project, 'prompts', 'best.md')],
      results: {
        rouge_l: 0.5,
        rows: 4,
        prompt: 'essay-plain',
        shots: 3,
        model: 'openai:some@http://localhost',
      },
    });
    expect(readFileSync(join(project, 'prompts', 'best.md'), 'utf8')).toBe(best('../data/train.jsonl'));
  });
});
