import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import { loadAdapter } from '../../../src/core/generation/load-adapter.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { batchFeeds, logitsProgram } from '../../../src/core/training/programs.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { architectureCases, batchOf, compare, GOLDEN, readJson, readTensors } from '../../golden/golden.js';
import { cpuEngine, goldenFolder, loadGolden, randomModel, type GreedyCase } from './models.js';

const engines: Record<string, () => Promise<Engine>> = {
  onnxruntime: async () => cpuEngine(),
  reference: createReferenceEngine,
};

/** The eager engine runs the same network; these cases have all that is its own: masks, windows, odd head widths. */
const REFERENCE_CASES = ['gpt2', 'mistral-sliding', 'qwen2-sliding'];

/** As in the parity test of whole sequences. */
const LOGIT_TOLERANCE = 2e-4;

function best(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

async function greedy(model: LanguageModel, prompt: number[], count: number): Promise<number[]> {
  const cache = await model.createCache(1, prompt.length + count);
  const tokens: number[] = [];
  let [logits] = await model.prefill(cache, [prompt]);
  for (;;) {
    tokens.push(best(logits!));
    if (tokens.length === count) break;
    [logits] = await model.decode(cache, [tokens.at(-1)]);
  }
  cache.dispose();
  return tokens;
}

describe.each(Object.entries(engines))('%s engine continues as transformers does', (name, create) => {
  let engine: Engine | undefined;
  afterAll(() => engine?.dispose());
  const folders = architectureCases().filter(
    (folder) => name === 'onnxruntime' || REFERENCE_CASES.includes(basename(folder)),
  );

  it.each(folders.map((folder) => [basename(folder), folder]))('%s', async (_case, folder) => {
    engine ??= await create();
    const golden = readJson<GreedyCase>(folder, 'case.json');
    for (const config of golden.configs) {
      const model = await loadGolden(engine, folder, config);
      const { prompt, tokens } = golden.greedy;
      expect(await greedy(model, prompt, tokens.length)).toEqual(tokens);
      await model.dispose();
    }
  });
});

describe('LanguageModel', () => {
  const engine = cpuEngine();
  afterAll(() => engine.dispose());

  it.each(['gpt2-conv1d', 'llama-all-linear', 'qwen2-rslora'])(
    'computes what peft computes with the adapter %s',
    async (name) => {
      const folder = join(GOLDEN, 'adapters', name);
      const { base, input_ids } = readJson<{ base: string; input_ids: number[][] }>(folder, 'case.json');
      const { model } = await loadGolden(engine, goldenFolder(base));
      const weights = await loadWeights(nodeFileSystem, goldenFolder(base), model);
      const adapted = await LanguageModel.create(
        engine,
        model,
        weights,
        await loadAdapter(nodeFileSystem, folder, model),
      );
      const cache = await adapted.createCache(2, input_ids[0]!.length);
      const logits = await adapted.prefill(cache, input_ids);
      const { shape, data } = (await readTensors(join(folder, 'expected.safetensors'))).get('logits')!;
      const [, length, vocabulary] = shape as [number, number, number];
      logits.forEach((actual, row) => {
        const end = (row + 1) * length * vocabulary;
        expect(compare(actual, data.subarray(end - vocabulary, end)).difference).toBeLessThan(
          LOGIT_TOLERANCE,
        );
      });
    },
  );

  it('reads a text longer than one piece as the network for training does', async () => {
    const { model, weights } = randomModel();
    const text = Array.from({ length: 700 }, (_, index) => (index * 7919) % model.shape.vocabulary);
    const languageModel = await LanguageModel.create(engine, model, weights);
    const cache = await languageModel.createCache(1, 701);
    const [logits] = await languageModel.prefill(cache, [text]);
    const [next] = await languageModel.decode(cache, [5]);

    const trained = { model, adapter: undefined, frozen: [], trainable: model.parameters };
    const whole = [...text, 5];
    const program = logitsProgram(trained, { batchSize: 1, length: whole.length, packed: false });
    const executable = await engine.compile(program);
    const parameters = Object.fromEntries([...weights].map(([name, { data }]) => [name, data]));
    const { logits: all } = await executable.run({
      ...parameters,
      ...batchFeeds(program, batchOf([whole], [whole])),
    });
    const { vocabulary } = model.shape;
    const at = (position: number) => all!.subarray(position * vocabulary, (position + 1) * vocabulary);
    expect(compare(logits!, at(699)).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(compare(next!, at(700)).difference).toBeLessThan(LOGIT_TOLERANCE);
  });

  describe.each(['llama-gqa-tied', 'mistral-sliding', 'gpt2'])('reusing a cache of %s', (name) => {
    it('gives what a fresh one gives, wherever the texts part', async () => {
      const folder = goldenFolder(name);
      const model = await loadGolden(engine, folder);
      const [first, second] = readJson<GreedyCase>(folder, 'case.json').input_ids as [number[], number[]];
      const cache = await model.createCache(1, 64);
      const texts = [
        first.slice(0, 10),
        first,
        [...first.slice(0, 7), ...second],
        first.slice(0, 7), // all of it is in the cache
        [...first, ...second].slice(0, cache.capacity - 1), // more than one length at once
        second,
      ];
      for (const text of texts) {
        const [reused] = await model.prefill(cache, [text]);
        expect(cache.rows[0]).toEqual(text);
        const fresh = await model.createCache(1, 64);
        const [expected] = await model.prefill(fresh, [text]);
        expect(compare(reused!, expected!).difference).toBeLessThan(LOGIT_TOLERANCE);
        const [after] = await model.decode(cache, [3]);
        const [expectedAfter] = await model.decode(fresh, [3]);
        expect(compare(after!, expectedAfter!).difference).toBeLessThan(LOGIT_TOLERANCE);
        fresh.dispose();
      }
    });
  });

  it('leaves finished rows as they are', async () => {
    const folder = goldenFolder('mistral-sliding');
    const model = await loadGolden(engine, folder);
    const [first, second] = readJson<GreedyCase>(folder, 'case.json').input_ids as [number[], number[]];
    const cache = await model.createCache(2, 40);
    await model.prefill(cache, [first.slice(0, 9), second]);
    for (const token of [1, 2, 3]) await model.decode(cache, [undefined, token]);
    expect(cache.rows).toEqual([first.slice(0, 9), [...second, 1, 2, 3]]);
    const [resumed] = await model.decode(cache, [first[9], undefined]);
    const fresh = await model.createCache(1, 40);
    const [expected] = await model.prefill(fresh, [first.slice(0, 10)]);
    expect(compare(resumed!, expected!).difference).toBeLessThan(LOGIT_TOLERANCE);
  });

  it('fills the context window to its last place', async () => {
    const folder = goldenFolder('llama');
    const model = await loadGolden(engine, folder);
    const { contextLength } = model;
    const text = Array.from({ length: contextLength }, (_, index) => index % 10);
    const cache = await model.createCache(1, contextLength);
    expect(cache.capacity).toBe(contextLength);
    const [whole] = await model.prefill(cache, [text]);
    await model.prefill(cache, [text.slice(0, -1)]);
    const [last] = await model.decode(cache, [text.at(-1)]);
    expect(compare(last!, whole!).difference).toBeLessThan(LOGIT_TOLERANCE);
  });
});
