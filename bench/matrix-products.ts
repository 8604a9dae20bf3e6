import { loraTargets } from '../src/core/adapters/lora.js';
import type { Model } from '../src/core/architectures/architecture.js';
import type { TrainingCase } from './cases.js';

/** `count` products of a [rows, inner] by an [inner, columns] matrix. */
export interface MatrixProduct {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly count: number;
}

/** The matrix products that one training step cannot do without. */
export interface TrainingWork {
  /** Those with a weight or an adapter matrix, equal ones together. */
  readonly products: readonly MatrixProduct[];
  /** Floating-point operations of the products inside attention, which are no rectangles. */
  readonly attentionOperations: number;
}

/** Linear layers of a block that make queries, keys and values; GPT-2 makes all three in one. */
const QUERY = ['q_proj', 'attn.c_attn'];
const KEY = ['k_proj', 'attn.c_attn'];
const VALUE = ['v_proj', 'attn.c_attn'];

/** Linear layers of a block that read the same input, in the order of the forward pass. */
const ATTENTION_INPUT = [...new Set([...QUERY, ...KEY, ...VALUE])];
const STAGES: readonly (readonly string[])[] = [
  ATTENTION_INPUT,
  ['o_proj', 'attn.c_proj'],
  ['gate_proj', 'up_proj', 'mlp.c_fc'],
  ['down_proj', 'mlp.c_proj'],
];

function isOneOf(module: string, names: readonly string[]): boolean {
  return names.some((name) => module.endsWith(`.${name}`));
}

/** Floating-point operations of a product of matrices: a multiplication and an addition for every term. */
export function operationsOf({ rows, inner, columns, count }: MatrixProduct): number {
  return 2 * rows * inner * columns * count;
}

/** Query and key pairs that the causal mask, and a sliding window if there is one, let through. */
function attendedPairs(length: number, window: number | undefined): number {
  let pairs = 0;
  for (let position = 1; position <= length; position++) pairs += Math.min(position, window ?? length);
  return pairs;
}

/**
 * Counts the matrix products of a training step, exactly and whatever the implementation.
 *
 * - A linear layer is one product forward (x Wᵀ), one for the gradient of its weight if that is trained, and one for the
 *   gradient of its input if something trained lies before it. So is the output matrix. With everything trained this is
 *   6 N D (Kaplan et al. 2020, arXiv 2001.08361, section 2.1), N without embeddings that are only looked up; under an
 *   adapter it is about 4 N D.
 * - A LoRA adapter's two matrices are linear layers of their own.
 * - Attention is two products forward (scores, output) and up to four backward (values, scores, queries, keys), over the
 *   pairs that the mask lets through: for whole rows half of the customary 12 · layers · length · width per token.
 *
 * Leaves out all else (norms, activations, softmax, the optimiser), the recomputation that fused attention does, and
 * masked pairs that are computed all the same.
 */
export function trainingWork(model: Model, { batchSize, length, lora }: TrainingCase): TrainingWork {
  const { shape } = model;
  const tokens = batchSize * length;
  const full = lora === undefined;
  const adapted = new Set(full ? [] : loraTargets(model, lora).map(({ module }) => module));

  const products = new Map<string, MatrixProduct>();
  const add = (rows: number, inner: number, columns: number): void => {
    const key = `${rows}×${inner}×${columns}`;
    products.set(key, { rows, inner, columns, count: (products.get(key)?.count ?? 0) + 1 });
  };
  const addLinear = (inputs: number, outputs: number, trained: boolean, inputGradient: boolean): void => {
    add(tokens, inputs, outputs);
    if (trained) add(outputs, tokens, inputs);
    if (inputGradient) add(tokens, outputs, inputs);
  };

  let attentionOperations = 0;
  // Whether something trained lies before the layers looked at; with full training the embeddings do.
  let trainedBefore = full;
  const perBlock = model.linearLayers.length / shape.layers;
  for (let block = 0; block < shape.layers; block++) {
    const layers = model.linearLayers.slice(block * perBlock, (block + 1) * perBlock);
    for (const stage of STAGES) {
      const readers = layers.filter(({ module }) => isOneOf(module, stage));
      const changed = readers.filter(({ module }) => adapted.has(module));
      for (const { inputs, outputs } of readers) addLinear(inputs, outputs, full, trainedBefore);
      for (const { inputs, outputs } of changed) {
        addLinear(inputs, lora!.rank, true, trainedBefore);
        addLinear(lora!.rank, outputs, true, true);
      }
      if (stage === ATTENTION_INPUT) {
        const [query, key, value] = [QUERY, KEY, VALUE].map(
          (names) => trainedBefore || changed.some(({ module }) => isOneOf(module, names)),
        );
        const count = [true, true, value, query || key, query, key].filter(Boolean).length;
        const pairs = batchSize * shape.heads * attendedPairs(length, shape.slidingWindows[block]);
        attentionOperations += count * 2 * pairs * shape.headDimension;
      }
      trainedBefore ||= changed.length > 0;
    }
  }
  addLinear(shape.hidden, shape.vocabulary, full, true);
  return { products: [...products.values()], attentionOperations };
}

/** Floating-point operations of all matrix products of a training step. */
export function trainingOperations({ products, attentionOperations }: TrainingWork): number {
  return products.reduce((sum, product) => sum + operationsOf(product), attentionOperations);
}
