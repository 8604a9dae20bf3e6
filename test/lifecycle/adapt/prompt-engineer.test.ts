/** Sweeps over recorded answers: prompts, scores and ranks are worked out by hand in the tests. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePromptTemplate } from '../../../src/core/prompts/prompt-template.js';
import { promptEngineer, type PromptEngineerOptions } from '../../../src/lifecycle/adapt/prompt-engineer.js';
import { systemClock } from '../../../src/platform/clock.js';
import { failure, networkPorts } from '../../core/providers/fake-ports.js';

const folder = mkdtempSync(join(tmpdir(), 'genai-prompt-engineer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ports = {
  ...networkPorts(),
  clock: systemClock,
  promptFolder: fileURLToPath(new URL('../../../templates/prompts', import.meta.url)),
  toolkitVersion: '0.0.0',
};

const PROMPT = `---
name: reviews
variables:
  text: A review.
  label: Good or bad.
answer: label
labels: [good, bad]
---
{% for example in examples %}
{{ example.text }}: {{ example.label }}
{% endfor %}
{{ text }}:`;

/** What the recorded model writes: right for three of four rows without an example, for all with one. */
const ANSWERS: readonly (readonly [text: string, label: string, zeroShot: string])[] = [
  ['A', 'good', ' good'],
  ['B', 'bad', 'good'],
  ['C', 'good', 'good\n'],
  ['D', 'bad', 'bad'],
];

function write(name: string, ...rows: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    rows.map((row) => (typeof row === 'string' ? row : `${JSON.stringify(row)}\n`)).join(''),
  );
  return path;
}

let given: PromptEngineerOptions;
beforeAll(() => {
  mkdirSync(join(folder, 'data'));
  write('data/test.jsonl', ...ANSWERS.map(([text, label]) => ({ text, label })));
  // The first row asks the same as one that is measured on, but for case: it must not become an example.
  write(
    'data/train.jsonl',
    { text: 'a', label: 'good' },
    { text: 'X', label: 'good' },
    { text: 'Y', label: 'bad' },
  );
  const zeroShot = ANSWERS.map(([text, , completion]) => ({
    prompt: `${text}:`,
    completion,
    prompt_tokens: 2,
  }));
  const oneShot = ANSWERS.map(([text, completion]) => ({
    ...{
      prompt: `X: good\n${text}:`,
      completion: ANSWERS.find(([own]) => own === text)![1],
      prompt_tokens: 5,
    },
    ...(completion === '' && {}),
  }));
  given = {
    model: `recorded:${write('outputs.jsonl', ...zeroShot, ...oneShot)}`,
    prompts: [write('reviews.md', PROMPT)],
    dataset: join(folder, 'data'),
    shots: [0, 1],
    examples: 'first',
    out: join(folder, 'out'),
  };
});

const run = (changes: Partial<PromptEngineerOptions> = {}) => promptEngineer({ ...given, ...changes }, ports);

describe('a sweep', () => {
  it('ranks what was measured, and writes the best prompt, the results and the curve', async () => {
    const result = await run({ generate: true, temperature: [0], show: 1 });
    expect(result).toMatchObject({ metric: 'accuracy', labels_by: 'generation', dataset: { rows: 4 } });
    expect(result.configurations).toMatchObject([
      { rank: 1, shots: 1, value: 1, low: 1, high: 1, prompt_tokens: 5, window_share: null },
      { rank: 2, shots: 0, value: 0.75, prompt_tokens: 2, rows_with_fewer_examples: 0 },
    ]);
    expect(result.comparison).toContain('between 0 examples and 1 example (Accuracy 75 and 100)');
    // The difference on the same rows may be 0, so that one example more is not known to be better.
    expect(result.judgement).toMatchObject({ verdict: 'measure-more', rule: 'not-known-yet', shots: 0 });
    expect(result.sent.map(({ sent }) => sent)).toEqual([
      { kind: 'text', text: 'A:' },
      { kind: 'text', text: 'X: good\nA:' },
    ]);
    const out = join(folder, 'out');
    const best = await parsePromptTemplate(readFileSync(join(out, 'prompt.md'), 'utf8'), 'prompt.md');
    // All that won is in the file: the examples' number, choice and source, and the settings of generation.
    const train = createHash('sha256')
      .update(readFileSync(join(folder, 'data', 'train.jsonl')))
      .digest('hex');
    expect(best.settings).toMatchObject({
      ...{ name: 'reviews', labels_by: 'generation', generation: { temperature: 0 } },
      shots: { count: 1, strategy: 'first', seed: 0, from: '../data/train.jsonl', sha256: train },
    });
    expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))).toEqual(result);
    expect(readFileSync(join(out, 'shots.svg'), 'utf8')).toContain('Accuracy by examples in the prompt');
    // A later sweep with one number of examples has no curve, and leaves none lying about.
    await run({ shots: [0] });
    expect(existsSync(join(out, 'shots.svg'))).toBe(false);
  });

  it('says that prompting is enough where the bar is reached, which four rows cannot show of a high one', async () => {
    // All four right: others may be wrong as often as three of four times (rule of three).
    expect((await run({ bar: 0.2, shots: [1] })).judgement).toMatchObject({ verdict: 'enough', shots: 1 });
    expect((await run({ bar: 0.9 })).judgement).toMatchObject({ verdict: 'measure-more' });
  });

  it('goes through every combination, of equal scores the one with fewer examples first', async () => {
    const zeroShot = { generate: true, shots: [0], temperature: [0, 0.5], topP: [0.5, 1], seed: 3 };
    const { configurations } = await run(zeroShot);
    expect(configurations.map(({ settings }) => settings)).toEqual([
      { temperature: 0, top_p: 0.5 },
      { temperature: 0, top_p: 1 },
      { temperature: 0.5, top_p: 0.5 },
      { temperature: 0.5, top_p: 1 },
    ]);
    const byRecall = await run({ metric: 'exact-match', generate: true });
    expect(byRecall.configurations.map(({ value }) => value)).toEqual([1, 0.75]);
  });

  it('takes rows of a prompt and its completion as they are, and says where else a variable stands', async () => {
    const usual = write('usual.jsonl', { prompt: 'A', completion: ' good' });
    const named = write('named.jsonl', { review: 'A', verdict: 'good' });
    const shown = { dryRun: true, show: 1, shots: [0], out: join(folder, 'never') };
    for (const options of [
      { dataset: usual },
      { dataset: named, columns: { text: 'review', label: 'verdict' } },
    ]) {
      const { sent, configurations, out } = await run({ ...shown, ...options });
      expect(sent.map((one) => one.sent)).toEqual([{ kind: 'text', text: 'A:' }]);
      expect({ configurations, out }).toEqual({ configurations: [], out: null });
    }
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });
});

it('knows a variable of any name, in its column or in that of prompts', async () => {
  const prompts = [write('constructor.md', PROMPT.replace(/\btext\b/g, 'constructor'))];
  for (const row of [
    { constructor: 'A', label: 'good' },
    { prompt: 'A', completion: 'good' },
  ]) {
    const dataset = write('constructor.jsonl', row);
    const { sent } = await run({ prompts, dataset, dryRun: true, show: 1, shots: [0] });
    expect(sent.map((one) => one.sent)).toEqual([{ kind: 'text', text: 'A:' }]);
  }
});

describe('what cannot be swept', () => {
  const row = (value: unknown) => ({ dataset: write('row.jsonl', value), shots: [0] });
  it.each<[string, () => Partial<PromptEngineerOptions>, object]>([
    ['no prompt', () => ({ prompts: [] }), { code: 'USAGE', message: '--prompts: is missing' }],
    ['an unknown prompt', () => ({ prompts: ['classification-plan'] }), { code: 'NOT_FOUND' }],
    ['a number twice', () => ({ shots: [1, 1] }), { code: 'USAGE' }],
    ['examples below zero', () => ({ shots: [-1] }), { code: 'USAGE' }],
    ['half an example', () => ({ shots: [0.5] }), { code: 'USAGE' }],
    ['a share above 1', () => ({ topP: [1.5] }), { code: 'USAGE' }],
    ['a temperature that overflows', () => ({ temperature: [1e-5] }), { code: 'USAGE' }],
    ['an unknown way to choose', () => ({ examples: 'best' }), { code: 'USAGE' }],
    ['an unknown metric', () => ({ metric: 'acuracy' }), { code: 'USAGE' }],
    ['a variable that is not there', () => ({ columns: { tekst: 'x' } }), { code: 'USAGE' }],
    ['more examples than there are', () => ({ shots: [3] }), { code: 'USAGE' }],
    ['a grid without end', () => ({ topK: Array.from({ length: 501 }, (_, k) => k + 1) }), { code: 'USAGE' }],
    ['a folder of something else', () => ({ out: join(folder, 'data') }), { code: 'USAGE' }],
    [
      'a folder where another command left its results',
      () => {
        mkdirSync(join(folder, 'evaluated'));
        write('evaluated/results.json', {});
        write('evaluated/samples.jsonl', {});
        return { out: join(folder, 'evaluated') };
      },
      { code: 'USAGE', message: expect.stringContaining('something else than a sweep') as string },
    ],
    [
      'a prompt that is not UTF-8',
      () => {
        writeFileSync(
          join(folder, 'latin1.md'),
          Buffer.from(PROMPT.replace('{{ text }}:', 'caf\xe9 $&'), 'latin1'),
        );
        return { prompts: [join(folder, 'latin1.md')] };
      },
      { code: 'USAGE', message: `${join(folder, 'latin1.md')}:12: holds a character that cannot be read` },
    ],
    [
      'a label twice',
      () => ({ prompts: [write('twice.md', PROMPT.replace('[good, bad]', '[good, bad, bad]'))] }),
      { code: 'USAGE', message: expect.stringContaining('labels: names a label twice') as string },
    ],
    [
      'prompts for different tasks',
      () => ({ prompts: [...given.prompts, 'essay-plain'] }),
      { code: 'BAD_DATASET' },
    ],
    ['a missing dataset', () => ({ dataset: join(folder, 'nowhere') }), { code: 'NOT_FOUND' }],
    ['no rows', () => ({ dataset: write('none.jsonl', ''), shots: [0] }), { code: 'BAD_DATASET' }],
    ['a row without its answer', () => row({ text: 'A' }), { code: 'BAD_DATASET' }],
    ['an answer that is no text', () => row({ text: 'A', label: { $ne: 1 } }), { code: 'BAD_DATASET' }],
    ['an answer that is no label', () => row({ text: 'A', label: 'so-so' }), { code: 'BAD_DATASET' }],
    ['a row without what is asked', () => row({ label: 'good' }), { code: 'BAD_DATASET' }],
    ['a row that was not recorded', () => row({ text: 'Z', label: 'good' }), { code: 'BAD_DATASET' }],
  ])('%s', async (_, changes, expected) => {
    expect(await failure(run(changes()))).toMatchObject(expected);
  });
});
