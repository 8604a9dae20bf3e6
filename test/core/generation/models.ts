import { join } from 'node:path';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import type { Model } from '../../../src/core/architectures/architecture.js';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import type { Engine } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import type { GenerationTokenizer } from '../../../src/core/generation/generate.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

/** What transformers generated, in a golden architecture case. */
export interface GreedyCase {
  configs: string[];
  input_ids: number[][];
  greedy: { prompt: number[]; tokens: number[] };
}

export function goldenFolder(name: string): string {
  return join(GOLDEN, 'architectures', name);
}

export function cpuEngine(): Engine {
  return new OnnxRuntimeEngine({ provider: 'cpu', threads: 2 });
}

/** A golden model with one of its configurations. */
export async function loadGolden(
  engine: Engine,
  folder: string,
  config = 'config.json',
): Promise<LanguageModel> {
  const model = readModel(readJson(folder, config), config);
  return LanguageModel.create(engine, model, await loadWeights(nodeFileSystem, folder, model));
}

/** A LLaMA of random weights, with room for more tokens than the golden models have. */
export function randomModel(): { model: Model; weights: StateDict } {
  const model = readModel({
    model_type: 'llama',
    vocab_size: 50,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 2048,
    initializer_range: 0.5,
  });
  return { model, weights: initializeParameters(model.parameters, 3) };
}

/** Spells every id as `<id>`; the end of sequence is special and has no text. */
export function spellingTokenizer(endOfSequenceIds: readonly number[] = []): GenerationTokenizer {
  return {
    endOfSequenceIds,
    encode: (text) => Array.from(text.matchAll(/<(\d+)>/g), (match) => Number(match[1])),
    decode: (ids, options) =>
      ids
        .filter((id) => !(options?.skipSpecialTokens && endOfSequenceIds.includes(id)))
        .map((id) => `<${id}>`)
        .join(''),
  };
}

/** How {@link spellingTokenizer} spells ids. */
export function spell(ids: readonly number[]): string {
  return ids.map((id) => `<${id}>`).join('');
}
