/**
 * A prompt that was found is measured and used as it was found: what the sweep asked, `genai evaluate` and
 * `genai generate` ask in the same words, and the score is the same to the bit.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import PromptEngineer from '../../src/commands/adapt/prompt-engineer.js';
import Evaluate from '../../src/commands/evaluate/index.js';
import Generate from '../../src/commands/generate.js';
import { promptForPlace } from '../../src/core/prompt-engineering/prompt-file.js';
import type { PromptEngineerResult } from '../../src/lifecycle/adapt/prompt-engineer.js';
import { readEvaluation } from '../../src/lifecycle/evaluate/read-evaluation.js';
import type { EvaluateResult } from '../../src/lifecycle/evaluate/evaluate.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';
import { runCommand } from '../cli/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'genai-saved-prompt-'));
afterAll(() => rmSync(folder, { recursive: true }));
cpSync('datasets/sentiment', join(folder, 'data'), { recursive: true });

const MODEL = 'templates/starter-model';
const data = ['--dataset', join(folder, 'data')];

async function sweep(name: string, ...flags: string[]): Promise<PromptEngineerResult> {
  const prompt = ['--prompt', 'classification-plain', '--labels', 'negative,positive'];
  const argv = ['--model', MODEL, ...prompt, ...data, '--out', join(folder, name), '--quiet', ...flags];
  const { result, error } = await runCommand(PromptEngineer, argv);
  expect(error).toBeUndefined();
  return result as PromptEngineerResult;
}

const evaluate = (prompt: string, out: string, ...flags: string[]) =>
  runCommand(Evaluate, [MODEL, '--prompt', prompt, ...data, '--out', join(folder, out), '--quiet', ...flags]);

const samplesOf = async (out: string) => (await readEvaluation(nodeFileSystem, join(folder, out))).samples;

describe('a prompt that was found', () => {
  it('is evaluated with its own examples, and scores as in the sweep', async () => {
    const choice = ['--shots', '2', '--examples', 'balanced', '--seed', '5'];
    const { configurations, sent } = await sweep('swept', ...choice, '--limit', '12', '--show', '12');
    // From another folder: the examples are named as seen from the prompt.
    const place = join(folder, 'elsewhere', 'deeper', 'best.md');
    mkdirSync(join(place, '..'), { recursive: true });
    writeFileSync(place, await promptForPlace(nodeFileSystem, join(folder, 'swept', 'prompt.md'), place));
    const { result, error } = await evaluate(place, 'measured', '--limit', '12');
    expect(error).toBeUndefined();
    const { metrics, shots, seed } = result as EvaluateResult;
    const [{ value, low, high }] = metrics as [EvaluateResult['metrics'][number]];
    expect({ shots, seed, value, low, high }).toEqual({
      ...{ shots: 2, seed: 5, value: configurations[0]!.value },
      ...{ low: configurations[0]!.low, high: configurations[0]!.high },
    });
    const asked = sent.map((one) => (one.sent.kind === 'text' ? one.sent.text : ''));
    expect(asked[0]).toMatch(/(Label: (negative|positive)[^]*){2}Label:$/);
    expect((await samplesOf('measured')).map(({ prompt }) => prompt)).toEqual(asked);
  }, 60_000);

  it('generates as the sweep had labels written', async () => {
    const settings = ['--generate', '--shots', '1', '--beams', '2', '--stop', '.', '--max-new-tokens', '5'];
    const { configurations } = await sweep('written', ...settings, '--limit', '2');
    const prompt = join(folder, 'written', 'prompt.md');
    const { result } = await evaluate(prompt, 'generated', '--limit', '2');
    expect((result as EvaluateResult).metrics[0]!.value).toBe(configurations[0]!.value);
    const [sample] = await samplesOf('generated');
    const [row] = readFileSync(join(folder, 'data', 'test.jsonl'), 'utf8').split('\n');
    const { prompt: text } = JSON.parse(row!) as { prompt: string };
    const generated = await runCommand(Generate, [
      ...[MODEL, '--prompt-template', prompt, '--variable', `text=${text}`, '--quiet'],
    ]);
    expect(generated.error).toBeUndefined();
    expect(generated.result).toMatchObject({
      text: sample!.completion,
      beam_score: expect.any(Number) as number,
    });
    const flagged = await runCommand(Generate, [
      ...[MODEL, '--prompt-template', prompt, '--variable', `text=${text}`, '--quiet'],
      ...['--beams', '1', '--max-new-tokens', '2'],
    ]);
    expect(flagged.result).toMatchObject({ completion_tokens: 2 });
    expect(flagged.result).not.toHaveProperty('beam_score');
  }, 60_000);

  it('generates with examples that the model finds alike, as the sweep chose them', async () => {
    mkdirSync(join(folder, 'few'));
    for (const [name, count] of [
      ['train', 8],
      ['test', 1],
    ] as const) {
      const rows = readFileSync(join(folder, 'data', `${name}.jsonl`), 'utf8').split('\n', count);
      writeFileSync(join(folder, 'few', `${name}.jsonl`), rows.join('\n'));
    }
    const choice = [
      '--shots',
      '2',
      '--examples',
      'similar-embeddings',
      '--generate',
      '--max-new-tokens',
      '3',
    ];
    const few = ['--dataset', join(folder, 'few'), '--out', join(folder, 'alike'), '--show', '1', '--quiet'];
    const prompt = ['--prompt', 'classification-plain', '--labels', 'negative,positive'];
    const swept = await runCommand(PromptEngineer, ['--model', MODEL, ...prompt, ...few, ...choice]);
    expect(swept.error).toBeUndefined();
    const { tokens } = (swept.result as PromptEngineerResult).sent[0]!;
    const [row] = readFileSync(join(folder, 'few', 'test.jsonl'), 'utf8').split('\n');
    const { prompt: text } = JSON.parse(row!) as { prompt: string };
    const { result, error } = await runCommand(Generate, [
      ...[MODEL, '--prompt-template', join(folder, 'alike', 'prompt.md'), '--variable', `text=${text}`],
      '--quiet',
    ]);
    expect(error).toBeUndefined();
    expect(result).toMatchObject({ prompt_tokens: tokens, completion_tokens: 3 });
  }, 60_000);

  it('is refused where its examples have changed, and where they are named nowhere', async () => {
    const saved = readFileSync(join(folder, 'swept', 'prompt.md'), 'utf8');
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, 'swept', name), text);
      return join(folder, 'swept', name);
    };
    const other = write('other.md', saved.replace(/sha256: \w+/, `sha256: ${'f'.repeat(64)}`));
    const changed = await evaluate(other, 'never', '--limit', '2');
    expect(changed.error).toMatchObject({ code: 'BAD_DATASET' });
    expect(changed.error!.message).toContain('train.jsonl: has changed since');
    const nowhere = write('nowhere.md', saved.replace(/ {2}(from|sha256): .*\n/g, ''));
    const unnamed = await evaluate(nowhere, 'never', '--limit', '2');
    expect(unnamed.error).toMatchObject({ code: 'USAGE' });
    expect(unnamed.error!.message).toContain('does not say where its 2 examples come from');
  });

  it.each([
    [
      ['--variable', 'txt=A'],
      '--variable txt=…: templates/prompts/classification-plain.md asks for no variable',
    ],
    [['--variable', 'label=good'], 'asks for no variable "label"'],
    [['--variable', 'text'], '--variable: "text" is not NAME=VALUE'],
    [[], 'text'],
    [['--variable', 'text=A', '--chat'], '--chat'],
    [['--variable', 'text=A', '--prompt', 'B'], '--prompt'],
  ])('generate refuses %j', async (flags, message) => {
    const template = ['--prompt-template', 'templates/prompts/classification-plain.md'];
    const { error } = await runCommand(Generate, [MODEL, ...template, ...flags]);
    expect(error!.message).toContain(message);
  });
});
