import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { BatchedSlotModel } from '../../../src/core/generation/batched-slot-model.js';
import type { ModelSource } from '../../../src/core/generation/load-language-model.js';
import { loadSlotModel } from '../../../src/core/generation/load-slot-model.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { dequantizeMatrix } from '../../../src/core/quantization/dequantize-matrix.js';
import { quantizeMatrix } from '../../../src/core/quantization/quantize-matrix.js';
import type { HostTensor } from '../../../src/core/checkpoints/checkpoint.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import type { SlotModel } from '../../../src/core/generation/slot-model.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { architectureCases, compare, GOLDEN, readJson, readTensors } from '../../golden/golden.js';
import { cpuEngine, goldenFolder, loadGolden, randomModel, type GreedyCase } from './models.js';

/** As in the parity test of whole sequences. */
const LOGIT_TOLERANCE = 2e-4;
const engine = cpuEngine();
afterAll(() => engine.dispose());

function sourceOf(folder: string, config = 'config.json', adapterFolder?: string): ModelSource {
  const model = readModel(readJson(folder, config), config);
  return { folder, adapterFolder, model, tokenizer: undefined as never };
}

function best(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

/** Length of the difference as a share of the expected vector's. */
function distance(found: Float32Array, expected: Float32Array): number {
  const length = (values: Float32Array): number => Math.hypot(...values);
  return length(found.map((value, index) => value - expected[index]!)) / length(expected);
}

/** Continues a text in a slot, `beside` adding tokens to other slots at every step. */
async function greedy(
  slots: SlotModel,
  slot: number,
  prompt: readonly number[],
  count: number,
  beside: (step: number) => { slot: number; token: number }[] = () => [],
): Promise<number[]> {
  const tokens = [best(await slots.read(slot, prompt))];
  while (tokens.length < count) {
    const others = beside(tokens.length);
    const logits = await slots.step([...others, { slot, token: tokens.at(-1)! }]);
    tokens.push(best(logits.at(-1)!));
  }
  return tokens;
}

describe('slots continue as transformers does', () => {
  it.each(architectureCases().map((folder) => [basename(folder), folder]))('%s', async (_name, folder) => {
    const golden = readJson<GreedyCase>(folder, 'case.json');
    const { prompt, tokens } = golden.greedy;
    for (const config of golden.configs) {
      const slots = await loadSlotModel(nodeFileSystem, sourceOf(folder, config), engine, {
        slots: 4,
        capacity: 64,
      });
      // Others join, pause and leave, so that rows are moved; slot 3 is continued by itself and among them.
      await slots.read(0, [1, 2, 3]);
      await slots.read(2, [4]);
      const beside = (step: number): { slot: number; token: number }[] => [
        ...(step % 3 === 0 ? [] : [{ slot: 0, token: 7 }]),
        ...(step > 2 && step < 6 ? [{ slot: 2, token: 9 }] : []),
      ];
      expect(await greedy(slots, 3, prompt, tokens.length, beside)).toEqual(tokens);
      expect(slots.tokensOf(3)).toEqual([...prompt, ...tokens.slice(0, -1)]);

      // The same text again: all of it but the last token is copied.
      slots.copy(3, 1, prompt.length - 1);
      expect(await greedy(slots, 1, prompt.slice(-1), tokens.length)).toEqual(tokens);
      await slots.dispose();
    }
  });
});

describe('BatchedSlotModel', () => {
  const folder = goldenFolder('llama-gqa-tied');

  it('computes what peft computes with an adapter', async () => {
    const adapter = join(GOLDEN, 'adapters', 'llama-all-linear');
    const { base, input_ids } = readJson<{ base: string; input_ids: number[][] }>(adapter, 'case.json');
    const slots = await loadSlotModel(
      nodeFileSystem,
      sourceOf(goldenFolder(base), 'config.json', adapter),
      engine,
      { slots: 2, capacity: 64 },
    );
    const { shape, data } = (await readTensors(join(adapter, 'expected.safetensors'))).get('logits')!;
    const [, length, vocabulary] = shape as [number, number, number];
    for (const [row, text] of input_ids.entries()) {
      const end = (row + 1) * length * vocabulary;
      const expected = data.subarray(end - vocabulary, end);
      expect(compare(await slots.read(row, text), expected).difference).toBeLessThan(LOGIT_TOLERANCE);
    }
    await slots.dispose();
  });

  it.each([8, 4] as const)('multiplies with integers of %i bits as with their values', async (bits) => {
    const rounded = ({ shape, data }: HostTensor) =>
      quantizeMatrix(
        data,
        { outputs: shape[0]!, inputs: shape[1]! },
        { bits, blockSize: 32, symmetric: bits === 8, scaleType: 'F32' },
      );
    const untied = goldenFolder('llama');
    const source = sourceOf(untied);
    const settings = { slots: 2, capacity: 64 };
    const slots = await loadSlotModel(nodeFileSystem, source, engine, { ...settings, quantize: rounded });
    const weights = await loadWeights(nodeFileSystem, untied, source.model);
    const text = [5, 9, 1, 30, 12, 44];
    const original = await loadGolden(engine, untied);
    const [unrounded] = await original.prefill(await original.createCache(1, 16), [text]);
    const products = source.model.linearLayers.map(({ module }) => `${module}.weight`);
    for (const name of [...products, source.model.headParameter]) {
      const tensor = weights.get(name)!;
      weights.set(name, { shape: tensor.shape, data: dequantizeMatrix(rounded(tensor)) });
    }
    const reference = await LanguageModel.create(engine, source.model, weights);
    const [expected] = await reference.prefill(await reference.createCache(1, 16), [text]);
    const found = await slots.read(0, text);
    // Inputs are rounded to 8 bits on the way, which costs far less than what 4 bits cost the weights.
    expect(distance(found, expected!)).toBeLessThan(0.1);
    if (bits === 4) expect(distance(found, expected!)).toBeLessThan(distance(unrounded!, expected!));
    for (const model of [slots, reference, original]) await model.dispose();
  });

  it('gives the mean of the final states, also of texts longer than one piece', async () => {
    const source = sourceOf(folder);
    const slots = await loadSlotModel(nodeFileSystem, source, engine, { slots: 2, capacity: 64 });
    const model = await loadGolden(engine, folder);
    const text = [5, 9, 1, 30, 12, 44, 3];
    const [expected] = await model.meanStates([text]);
    expect(compare(await slots.embed(1, text), expected!).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(slots.tokensOf(1)).toEqual([]);
    for (const one of [slots, model]) await one.dispose();
  });

  it('grows with its texts, and keeps what it holds', async () => {
    const { model, weights } = randomModel();
    const fixed = { tensors: weights, quantized: new Map() };
    const settings = { slots: 3, capacity: 700 };
    const slots = await BatchedSlotModel.create(engine, { model, adapter: undefined }, fixed, settings);
    const text = Array.from({ length: 690 }, (_, index) => (index * 7919) % model.shape.vocabulary);
    await slots.read(1, text.slice(0, 60));
    await slots.read(2, [3, 1, 4]); // of the smallest size until slot 0 grows
    for (let start = 0; start < text.length; start += slots.largestRead) {
      await slots.read(0, text.slice(start, start + slots.largestRead));
    }
    const plain = await LanguageModel.create(engine, model, weights);
    const alone = async (tokens: number[]): Promise<Float32Array> =>
      (await plain.prefill(await plain.createCache(1, tokens.length + 1), [tokens]))[0]!;
    const [long, short] = await slots.step([
      { slot: 0, token: 5 },
      { slot: 2, token: 5 },
    ]);
    expect(compare(long!, await alone([...text, 5])).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(compare(short!, await alone([3, 1, 4, 5])).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(
      compare((await slots.step([{ slot: 1, token: 9 }]))[0]!, await alone([...text.slice(0, 60), 9]))
        .difference,
    ).toBeLessThan(LOGIT_TOLERANCE);
    await slots.dispose();
    await plain.dispose();
  });

  it('computes the same on the reference engine', async () => {
    const source = sourceOf(goldenFolder('mistral-sliding'));
    const { greedy: golden } = readJson<GreedyCase>(source.folder, 'case.json');
    const reference = await createReferenceEngine();
    const slots = await loadSlotModel(nodeFileSystem, source, reference, { slots: 2, capacity: 64 });
    await slots.read(0, [1, 2]);
    const beside = (): { slot: number; token: number }[] => [{ slot: 0, token: 3 }];
    expect(await greedy(slots, 1, golden.prompt, 5, beside)).toEqual(golden.tokens.slice(0, 5));
    await slots.dispose();
    await reference.dispose();
  });
});
