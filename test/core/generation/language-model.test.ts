import { basename } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import type { Engine } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { architectureCases, readJson } from '../../golden/golden.js';

interface Case {
  configs: string[];
  input_ids: number[][];
  greedy: { prompt: number[]; tokens: number[] };
}

const engines: Record<string, () => Promise<Engine>> = {
  onnxruntime: async () => new OnnxRuntimeEngine({ provider: 'cpu', threads: 2 }),
  reference: createReferenceEngine,
};

/** The eager engine runs the same network; these cases have all that is its own: masks, windows, odd head widths. */
const REFERENCE_CASES = ['gpt2', 'mistral-sliding', 'qwen2-sliding'];

function best(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

async function load(engine: Engine, folder: string, config: string): Promise<LanguageModel> {
  const model = readModel(readJson(folder, config), config);
  return LanguageModel.create(engine, model, await loadWeights(nodeFileSystem, folder, model));
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
    const golden = readJson<Case>(folder, 'case.json');
    for (const config of golden.configs) {
      const model = await load(engine, folder, config);
      const { prompt, tokens } = golden.greedy;
      expect(await greedy(model, prompt, tokens.length)).toEqual(tokens);
      await model.dispose();
    }
  });
});
