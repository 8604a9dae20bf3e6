import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { ADAMW_DEFAULTS } from '../../../src/core/optimizers/adamw.js';
import { dequantizeMatrix } from '../../../src/core/quantization/dequantize-matrix.js';
import type { IntegerScheme } from '../../../src/core/quantization/integer-scheme.js';
import { quantizeMatrix } from '../../../src/core/quantization/quantize-matrix.js';
import { loadTokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { Trainer } from '../../../src/core/training/trainer.js';
import {
  estimateFineTuneMemory,
  fineTune,
  resumeFineTune,
  type FineTunePlan,
} from '../../../src/lifecycle/adapt/fine-tune.js';
import {
  fineTuneOptionsSchema,
  type FineTuneOptions,
} from '../../../src/lifecycle/adapt/fine-tune-options.js';
import { mergeAdapter } from '../../../src/lifecycle/adapt/merge.js';
import { prepareDataset } from '../../../src/lifecycle/adapt/prepare-dataset.js';
import { quantize, type QuantizePorts } from '../../../src/lifecycle/deploy/quantize.js';
import { systemClock } from '../../../src/platform/clock.js';
import { nodeFileSystem as files } from '../../../src/platform/file-system.js';
import { GOLDEN, readJson } from '../../golden/golden.js';
import {
  portsInterruptedAfter,
  sentimentRows,
  STARTER_MODEL,
  TINY_CONFIG,
  tinyPorts,
  untimedMetrics,
  writeRows,
} from './tiny-run.js';

/** Two layers whose rows are blocks of 32. */
const CONFIG = { ...TINY_CONFIG, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2 };
const MODEL = readModel(CONFIG);
const INT4: IntegerScheme = { bits: 4, blockSize: 32, symmetric: true, scaleType: 'BF16' };
/** Options of runs in those blocks. */
const QAT = { qat: 'int4', qatBlockSize: 32 } as const;

let folder: string;
/** Of a run that learns rows by heart: a model this small learns nothing else. */
let options: Omit<FineTuneOptions, 'out'>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-quantization-aware-'));
  const model = join(folder, 'base');
  await writeModelFolder(files, model, {
    config: CONFIG,
    state: initializeParameters(MODEL.parameters, 2),
    storage: 'F16',
    tokenizerFilesFrom: STARTER_MODEL,
  });
  const dataset = join(folder, 'data');
  for (const part of ['train', 'valid']) writeRows(join(dataset, `${part}.jsonl`), sentimentRows(48));
  options = { model, dataset, method: 'full', learningRate: 1e-2, lossOn: 'all', evalSteps: 0, maxSteps: 4 };
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const weightsOf = (path: string): Promise<StateDict> => loadWeights(files, path, MODEL, () => undefined);

/** Mean loss over the validation rows, of weights as they are. */
async function lossOf(weights: StateDict): Promise<number> {
  const settings = fineTuneOptionsSchema.parse({ ...options, out: folder });
  const tokenizer = await loadTokenizer(files, options.model);
  const { evaluation } = await prepareDataset(settings, 48, tokenizer, { files });
  const engine = new OnnxRuntimeEngine({ provider: 'cpu', threads: 1 });
  const trained = { model: MODEL, adapter: undefined, frozen: MODEL.parameters, trainable: [] };
  const optimizer = { ...ADAMW_DEFAULTS, weightDecay: 0, maximumGradientNorm: 0 };
  const trainer = await Trainer.create(engine, trained, weights, optimizer);
  const { loss } = await trainer.evaluate(evaluation);
  await trainer.dispose();
  await engine.dispose();
  return loss;
}

const QUANTIZE_PORTS: QuantizePorts = {
  ...{ files, environment: {}, fetch, clock: systemClock, toolkitVersion: '0' },
  ...{ onProgress: () => undefined, signal: new AbortController().signal },
  createEngine: async () => new OnnxRuntimeEngine({ provider: 'cpu', threads: 1 }),
};

/** Does what a command line of `genai deploy quantize` says, and gives the values of the weights that it wrote. */
async function quantized(command: string): Promise<StateDict> {
  const words = command.replace('genai deploy quantize ', '').split(' ');
  const flag = (name: string): string => words[words.indexOf(`--${name}`) + 1]!;
  const blockSize = Number(flag('block-size')) as 32;
  await quantize(
    {
      model: words[0]!,
      to: flag('to') as 'int4',
      blockSize,
      method: flag('method') as 'round',
      out: flag('out'),
    },
    QUANTIZE_PORTS,
  );
  return weightsOf(flag('out'));
}

describe('a run that is aware of quantisation', () => {
  it('is quantised to the integers that it was trained with', async () => {
    const out = at('exact');
    const plans: FineTunePlan[] = [];
    const result = await fineTune(
      { ...options, ...QAT, out },
      tinyPorts({ onPlan: (plan) => plans.push(plan) }),
    );
    expect(result.quantization).toEqual({
      ...{ to: 'int4', block_size: 32, layers: 14 },
      kept_layers: [{ module: 'lm_head', reason: 'shares its weights with the embedding' }],
      commands: [`genai deploy quantize ${out} --to int4 --block-size 32 --method round --out ${out}-int4`],
    });
    expect(plans[0]?.quantization).toEqual(result.quantization);

    const trained = await weightsOf(join(out, 'model'));
    const written = await quantized(result.quantization!.commands[0]!);
    for (const { module, outputs, inputs } of MODEL.linearLayers) {
      const name = `${module}.weight`;
      const { data } = trained.get(name)!;
      const expected = dequantizeMatrix(quantizeMatrix(data, { outputs, inputs }, INT4));
      expect([...written.get(name)!.data]).toEqual([...expected]);
      trained.set(name, written.get(name)!);
    }
    // The evaluation of the run is that of its weights with linear layers as they were written; the folder has all
    // others in bfloat16 as well.
    expect(await lossOf(trained)).toBeCloseTo(result.eval_loss!, 5);
    expect(Math.abs((await lossOf(written)) - result.eval_loss!)).toBeLessThan(0.01);
  });

  it('tells of it in the record of the run and in its card', () => {
    expect(readJson<{ options: object }>(at('exact'), 'run.json').options).toMatchObject(QAT);
    const card = readFileSync(join(at('exact'), 'model', 'README.md'), 'utf8');
    expect(card).toContain('14 linear layers rounded to int4 in blocks of 32');
    expect(card).toContain('`genai deploy quantize … --to int4 --block-size 32 --method round`');
    expect(readJson<object>(at('exact'), 'model', 'config.json')).toMatchObject({ torch_dtype: 'float32' });
  });

  it.each(['full', 'lora'] as const)('goes on to the same bits when it is resumed: %s', async (method) => {
    const settings = { ...options, ...QAT, method, evalSteps: 2 };
    const [whole, broken] = [at(`whole-${method}`), at(`broken-${method}`)];
    await fineTune({ ...settings, out: whole }, tinyPorts());
    const interrupted = fineTune({ ...settings, out: broken }, portsInterruptedAfter(2));
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await resumeFineTune(broken, tinyPorts());
    expect(untimedMetrics(broken)).toEqual(untimedMetrics(whole));
  });

  it('names the merge that comes before an adapter can be quantised', async () => {
    const out = at('adapter');
    const { quantization, eval_loss } = await fineTune(
      { ...options, ...QAT, method: 'lora', maxSteps: 12, out },
      tinyPorts(),
    );
    expect(quantization!.commands).toEqual([
      `genai adapt merge --adapter ${out} --storage F32 --out ${out}-merged`,
      `genai deploy quantize ${out}-merged --to int4 --block-size 32 --method round --out ${out}-int4`,
    ]);
    await mergeAdapter(
      { adapter: out, storage: 'F32', out: `${out}-merged` },
      { files, onProgress: () => undefined },
    );
    const written = await quantized(quantization!.commands[1]!);
    const before = await lossOf(await weightsOf(options.model));
    expect(before - eval_loss!).toBeGreaterThan(0.1);
    expect(Math.abs((await lossOf(written)) - eval_loss!)).toBeLessThan(0.01);
  });

  it('loses less than one that is quantised afterwards', async () => {
    const base = at('learnt');
    await fineTune({ ...options, maxSteps: 100, out: base }, tinyPorts());
    const settings = { ...options, model: join(base, 'model'), learningRate: 1.5e-3, maxSteps: 60 };
    const unaware = await fineTune({ ...settings, out: at('unaware') }, tinyPorts());
    const aware = await fineTune({ ...settings, ...QAT, out: at('aware') }, tinyPorts());
    const [command] = aware.quantization!.commands;
    const losses = {
      unaware: await lossOf(await quantized(command!.replaceAll(at('aware'), at('unaware')))),
      aware: await lossOf(await quantized(command!)),
    };
    // 0.92 nats per token without integers; with them 1.25, or 1.05 where training knew of them.
    expect(losses.unaware - unaware.eval_loss!).toBeGreaterThan(0.2);
    expect(losses.aware - unaware.eval_loss!).toBeLessThan(0.6 * (losses.unaware - unaware.eval_loss!));
  });
});

describe('awareness of quantisation is refused', () => {
  it.each([
    [{ qatBlockSize: 32 }, 'USAGE', '--qat-block-size: is for --qat only'],
    [{ ...QAT, method: 'lora', loraDropout: 0.1 }, 'USAGE', '--lora-dropout: must be 0 with --qat'],
  ] as const)('with %j', async (changed, code, message) => {
    const run = fineTune({ ...options, ...changed, out: at('refused') }, tinyPorts());
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('for models whose weights have their inputs first', async () => {
    const model = at('gpt2');
    const config = readJson<Record<string, unknown>>(GOLDEN, 'architectures', 'gpt2', 'config.json');
    const gpt2 = { ...config, vocab_size: 4096 };
    await writeModelFolder(files, model, {
      config: gpt2,
      state: initializeParameters(readModel(gpt2).parameters, 1),
      storage: 'F32',
      tokenizerFilesFrom: STARTER_MODEL,
    });
    await expect(
      fineTune({ ...options, ...QAT, model, out: at('refused') }, tinyPorts()),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED', hint: 'Train it without --qat.' });
  });
});

it('memory of rounded weights is part of the estimate', async () => {
  const bytesOf = async (changed: Partial<FineTuneOptions>): Promise<Record<string, number>> => {
    const { parts, graphs } = await estimateFineTuneMemory({ ...options, ...changed }, tinyPorts());
    const named = Object.fromEntries(parts.map(({ part, bytes }) => [part, bytes]));
    return { graphs, kept: named['rounded weights'] ?? 0, rounding: named['rounding of weights'] ?? 0 };
  };
  // Two layers of 32 · 32 queries and outputs, 16 · 32 keys and values, 3 · 32 · 64 feed-forward: 18,432 weights. In
  // each graph 14 roundings, one at a time, of 2,048 at most. An adapter is merged into all weights first.
  expect(await bytesOf({})).toMatchObject({ kept: 0, rounding: 0 });
  const full = await bytesOf(QAT);
  expect(full).toMatchObject({ kept: 4 * 18_432, rounding: full['graphs']! * (14 * 120_000 + 12 * 2048) });
  expect(await bytesOf({ ...QAT, method: 'lora' })).toMatchObject({ kept: 8 * 18_432 });
});
