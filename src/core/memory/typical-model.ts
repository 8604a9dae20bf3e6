import type { ModelShape } from '../architectures/architecture.js';
import { figure, type Figure } from '../estimates/figure.js';
import type { MemoryModel } from './memory-model.js';

/** How models of one magnitude are usually built. */
interface Proportions {
  /** Hidden units for each layer. */
  readonly widthPerLayer: number;
  readonly headDimension: number;
  /** Heads come in multiples of this, so that GPUs can share them. */
  readonly headStep: number;
  readonly vocabulary: number;
  /** The output matrix is the embedding, which so small a model spends much of its parameters on. */
  readonly tiedEmbeddings: boolean;
  readonly feedForwardMatrices: number;
  readonly contextLength: number;
}

/** GPT-3 of 125M and 760M: 768 and 1536 wide, 12 and 24 deep (Brown et al. 2020, table 2.1), with its tokens. */
const SMALL: Proportions = {
  widthPerLayer: 64,
  headDimension: 64,
  headStep: 1,
  vocabulary: 50_257,
  tiedEmbeddings: true,
  feedForwardMatrices: 2,
  contextLength: 2048,
};
/** LLaMA-7B 4096 wide and 32 deep, 13B 5120 and 40, GPT-3 12,288 and 96; tokens and context of Llama 2. */
const LARGE: Proportions = {
  widthPerLayer: 128,
  headDimension: 128,
  headStep: 4,
  vocabulary: 32_000,
  tiedEmbeddings: false,
  feedForwardMatrices: 3,
  contextLength: 4096,
};
const SMALLEST_LARGE = 1e9;

/** Parameters of one block of width h, over h²: four projections of attention, and 8 h² of feed-forward weights. */
const BLOCK_FACTOR = 12;

/**
 * Depth L of the decoder that a bare parameter count stands for, not rounded: with a width of w L it solves
 * 12 L (w L)² + V w L = N, where V counts the rows of the embedding below 1B and is 0 above.
 */
export function typicalLayers(parameters: number): Figure {
  const { widthPerLayer, vocabulary, tiedEmbeddings } = proportions(parameters);
  // Cardano's formula for L³ + p L = q, which has one real root.
  const half = 'parameters / (2 * block_factor * width_per_layer^2)';
  const root = `sqrt((${half})^2 + (embedding_rows / (3 * block_factor * width_per_layer))^3)`;
  return figure(
    `(${root} + ${half})^(1 / 3) - (${root} - ${half})^(1 / 3)`,
    {
      parameters,
      block_factor: BLOCK_FACTOR,
      width_per_layer: widthPerLayer,
      embedding_rows: tiedEmbeddings ? vocabulary : 0,
    },
    {
      source: 'Layers times width of published GPT-3 models, from 1B on of LLaMA and GPT-3 models',
      leavesOut: 'grouped-query attention, with which the key/value cache is 4 to 8 times smaller',
    },
  );
}

function proportions(parameters: number): Proportions {
  return parameters < SMALLEST_LARGE ? SMALL : LARGE;
}

/**
 * The decoder that a bare parameter count stands for: as deep and wide as published models of that size
 * ({@link typicalLayers}), with plain multi-head attention. From 1B on it leaves out the embeddings, which are few there,
 * and its feed-forward network is gated.
 */
export function typicalModel(parameters: number): MemoryModel {
  const usual = proportions(parameters);
  const { headDimension, vocabulary, feedForwardMatrices } = usual;
  const depth = typicalLayers(parameters).value;
  const width = usual.widthPerLayer * depth;
  const heads = Math.max(1, Math.round(width / headDimension / usual.headStep) * usual.headStep);
  const hidden = heads * headDimension;
  // The depth that the rounded width leaves: of equal block parameters.
  const layers = Math.max(1, Math.round(depth * (width / hidden) ** 2));
  // Three matrices of 8/3 h make the 8 h² of an ungated network of 4 h (Shazeer 2020, arXiv 2002.05202).
  const feedForward = feedForwardMatrices === 3 ? Math.round((8 * hidden) / 3) : 4 * hidden;
  const shape: ModelShape = {
    kind: 'decoder',
    layers,
    encoderLayers: 0,
    hidden,
    heads,
    kvHeads: heads,
    headDimension,
    valueDimension: headDimension,
    cacheWidth: 2 * hidden,
    feedForward,
    feedForwardMatrices,
    vocabulary,
    contextLength: usual.contextLength,
    slidingWindows: Array.from({ length: layers }, () => undefined),
    tiedEmbeddings: usual.tiedEmbeddings,
  };
  const attention = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((module) => ({
    module,
    inputs: hidden,
    outputs: hidden,
  }));
  const upwards = { inputs: hidden, outputs: feedForward };
  const block = [
    ...attention,
    ...(feedForwardMatrices === 3 ? [{ module: 'gate_proj', ...upwards }] : []),
    { module: 'up_proj', ...upwards },
    { module: 'down_proj', inputs: feedForward, outputs: hidden },
  ];
  return {
    parameters,
    activeParameters: parameters,
    shape,
    linearLayers: block.map((layer) => ({ ...layer, count: layers })),
  };
}
