import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fineTune, type FineTunePlan } from '../../../src/lifecycle/adapt/fine-tune.js';
import type { DatasetReport } from '../../../src/lifecycle/adapt/prepare-dataset.js';
import { readXml } from '../../core/plots/read-xml.js';
import { readJson, readTensors } from '../../golden/golden.js';
import { lossesOf, readMetrics, sentimentRows, tinyPorts, writeRows, writeTinyLlama } from './tiny-run.js';

let folder: string;
let model: string;
let dataset: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-fine-tune-'));
  model = join(folder, 'base');
  await writeTinyLlama(model);
  dataset = writeRows(join(folder, 'rows.jsonl'), sentimentRows(8));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One step per epoch over eight rows, nothing held out. */
const oneStepPerEpoch = (out: string) => ({
  ...{ model, dataset, out: join(folder, out), evalFraction: 0, method: 'full' as const },
  ...{ learningRate: 1e-2, warmupSteps: 0, epochs: 3, batchSize: 8 },
});

describe('a run folder', () => {
  it('holds all there is to know about a LoRA run', async () => {
    const data = join(folder, 'with-validation');
    const rows = sentimentRows(16);
    const train = writeRows(join(data, 'train.jsonl'), rows.slice(0, 12));
    writeRows(join(data, 'valid.jsonl'), rows.slice(12));
    const out = join(folder, 'lora');
    const reports: DatasetReport[] = [];
    const plans: FineTunePlan[] = [];
    const result = await fineTune(
      {
        model,
        dataset: data,
        out,
        learningRate: 2e-2,
        maxSteps: 12,
        batchSize: 4,
        evalSteps: 4,
        loraRank: 2,
      },
      tinyPorts({ onDataset: (report) => reports.push(report), onPlan: (plan) => plans.push(plan) }),
    );

    expect(readdirSync(out).sort()).toEqual(
      ['adapter', 'checkpoints', 'environment.json', 'loss.svg', 'metrics.jsonl', 'result.json', 'run.json'],
    ); // prettier-ignore
    const run = readJson<{ stage: string; options: object; inputs: { path: string; bytes: number }[] }>(
      join(out, 'run.json'),
    );
    expect(run.stage).toBe('fine-tune');
    expect(run.options).toMatchObject({ model, dataset: data, out, maxSteps: 12, loraRank: 2, seed: 42 });
    expect(run.inputs.map(({ path }) => path)).toEqual(
      ['train', 'valid'].map((part) => join(data, `${part}.jsonl`)),
    );
    expect(run.inputs[0]!.bytes).toBe(readFileSync(train).length);
    expect(readJson(join(out, 'environment.json'))).toMatchObject({
      engine: 'onnxruntime',
      device: 'cpu',
      node: process.version,
    });
    expect(readJson(join(out, 'result.json'))).toEqual(result);

    const metrics = readMetrics(out);
    const steps = metrics.filter((line) => 'loss' in line);
    const evaluations = metrics.filter((line) => 'eval_loss' in line);
    for (const line of steps) {
      expect(Object.keys(line)).toEqual(
        ['step', 'loss', 'learning_rate', 'grad_norm', 'tokens', 'tokens_per_second', 'seconds'],
      ); // prettier-ignore
    }
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(evaluations.map(({ step }) => step)).toEqual([4, 8, 12]);
    for (const { eval_loss, perplexity } of evaluations) expect(perplexity).toBe(Math.exp(eval_loss));

    // Rank 2 on the seven linear layers of one layer: 2 × (inputs + outputs) each.
    const sizes = [16 + 16, 16 + 8, 16 + 8, 16 + 16, 16 + 24, 16 + 24, 24 + 16];
    const trainable = 2 * sizes.reduce((a, b) => a + b, 0);
    expect(plans).toMatchObject([
      { method: 'lora', trainable_parameters: trainable, steps: 12, sequence_length: 48 },
    ]);
    expect(reports).toMatchObject([
      { evaluation_rows: 4, evaluation_from: 'validation file', format: 'prompt-completion' },
    ]);

    const best = evaluations.reduce((a, b) => (b.eval_loss < a.eval_loss ? b : a));
    expect(result).toMatchObject({
      ...{ run_dir: out, output_dir: join(out, 'adapter'), steps: 12, epochs: 4, stopped_early: false },
      ...{ best_step: best.step, eval_loss: best.eval_loss, perplexity: best.perplexity },
      ...{ trainable_parameters: trainable, tokens: steps.at(-1)!.tokens },
    });
    expect(result.train_loss).toBeCloseTo(lossesOf(out).reduce((a, b) => a + b) / 12, 12);
    expect(result.peak_memory_bytes).toBeGreaterThan(1e7);

    const names = readdirSync(join(out, 'adapter'));
    expect(names).toEqual(expect.arrayContaining(['adapter_config.json', 'tokenizer.json', 'README.md']));
    expect(readJson(join(out, 'adapter', 'adapter_config.json'))).toMatchObject({
      ...{ base_model_name_or_path: model, r: 2, lora_alpha: 16, peft_type: 'LORA' },
    });
    const card = readFileSync(join(out, 'adapter', 'README.md'), 'utf8');
    expect(card).toMatch(/^---\nbase_model: base\n/);
    expect(card).toContain('| `train.jsonl` | 12 |');
    expect(card).toContain(`| evaluation loss (nats per token) | ${best.eval_loss.toFixed(4)} |`);
    const svg = readXml(readFileSync(join(out, 'loss.svg'), 'utf8'));
    expect(svg.all('circle')).toHaveLength(3);
  });

  it('holds a model after a full run, and its loss falls to what the labels cannot tell', async () => {
    const rows = Array.from({ length: 8 }, (_, row) => ({
      prompt: `Review: number ${row}.\nSentiment:`,
      completion: row % 2 === 0 ? ' positive' : ' negative',
    }));
    const out = join(folder, 'full');
    const result = await fineTune(
      {
        ...oneStepPerEpoch('full'),
        dataset: writeRows(join(folder, 'toy.jsonl'), rows),
        ...{ epochs: 60, learningRate: 3e-2 },
      },
      tinyPorts(),
    );
    const losses = lossesOf(out);
    expect(losses[0]).toBeGreaterThan(7);
    // One of two words, then a certain end: ln 2 over two tokens, less where it tells the numbers apart.
    expect(losses.at(-1)).toBeLessThan(Math.log(2) / 2 + 0.1);
    expect(result).toMatchObject({ eval_loss: null, best_step: null, output_dir: join(out, 'model') });
    expect(readdirSync(join(out, 'model'))).toEqual(
      expect.arrayContaining(['README.md', 'config.json', 'model.safetensors', 'tokenizer.json']),
    );
    const last = join(out, 'checkpoints', 'step-00000060', 'weights.safetensors');
    expect(await readTensors(join(out, 'model', 'model.safetensors'))).toEqual(await readTensors(last));
  });
});

describe('the best evaluation', () => {
  /** What is learnt is the opposite of what is evaluated. */
  let data: string;
  beforeAll(() => {
    data = join(folder, 'opposite');
    const rows = sentimentRows(8);
    writeRows(join(data, 'train.jsonl'), rows.map(({ prompt }) => ({ prompt, completion: ' positive' })));
    writeRows(join(data, 'valid.jsonl'), rows.slice(0, 4).map(({ prompt }) => ({ prompt, completion: ' negative' })));
  }); // prettier-ignore

  it('is what the adapter holds in the end', async () => {
    const out = join(folder, 'best');
    const { best_step, steps } = await fineTune(
      { model, dataset: data, out, learningRate: 3e-2, epochs: 24, evalSteps: 2, keepCheckpoints: 1 },
      tinyPorts(),
    );
    expect(best_step).toBeLessThan(steps);
    const checkpoints = readdirSync(join(out, 'checkpoints')).sort();
    const name = (step: number): string => `step-${String(step).padStart(8, '0')}`;
    expect(checkpoints).toEqual([name(best_step!), name(steps)]);
    const stored = await readTensors(join(out, 'adapter', 'adapter_model.safetensors'));
    const weightsAt = (step: number) =>
      readTensors(join(out, 'checkpoints', name(step), 'weights.safetensors'));
    expect(stored).toEqual(await weightsAt(best_step!));
    expect(stored).not.toEqual(await weightsAt(steps));
  });

  it('ends a run that has patience', async () => {
    const out = join(folder, 'patience');
    const result = await fineTune(
      // Too little to change a bit of the loss.
      { model, dataset: data, out, learningRate: 1e-15, epochs: 50, evalSteps: 2, patience: 3 },
      tinyPorts(),
    );
    expect(result).toMatchObject({ stopped_early: true, best_step: 2, steps: 8 });
  });
});

describe('one step over eight rows gives the same losses', () => {
  let losses: number[];
  beforeAll(async () => {
    await fineTune(oneStepPerEpoch('together'), tinyPorts());
    losses = lossesOf(join(folder, 'together'));
  });

  it.each([
    ['accumulated over four batches of two', { batchSize: 2, gradientAccumulationSteps: 4 }],
    ['accumulated over three batches of three', { batchSize: 3, gradientAccumulationSteps: 3 }],
    ['packed', { packing: true }],
  ])('%s', async (name, changed) => {
    await fineTune({ ...oneStepPerEpoch(name), ...changed }, tinyPorts());
    const other = lossesOf(join(folder, name));
    expect(other).toHaveLength(3);
    // The steps differ by what float32 sums of another order do.
    other.forEach((loss, step) => expect(Math.abs(loss - losses[step]!)).toBeLessThan(2e-4));
    expect(losses[2]).toBeLessThan(losses[0]! - 0.1);
    const count = (run: string): number =>
      readMetrics(join(folder, run)).findLast((line) => 'tokens' in line)!.tokens;
    expect(count(name)).toBe(count('together'));
  });
});
