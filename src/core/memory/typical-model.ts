import type { ModelShape } from '../architectures/architecture.js';
import type { MemoryModel } from './memory-model.js';

/** Hidden units for each layer in published decoders from 7B to 175B: LLaMA-7B 4096/32, 13B 5120/40, GPT-3 12288/96. */
const WIDTH_PER_LAYER = 128;
/** Parameters of one block of width h, over h²: four projections of attention, and 8 h² of feed-forward weights. */
const BLOCK_FACTOR = 12;
/** Head size of LLaMA and of the larger GPT-3 models; widths are rounded to a multiple of it. */
const HEAD_DIMENSION = 128;
/** As in LLaMA and Llama 2. */
const VOCABULARY = 32_000;
const CONTEXT_LENGTH = 4096;

/**
 * The decoder that a bare parameter count stands for: as deep and wide as published LLaMA and GPT-3 models of that size
 * (layers = ∛(N / (12·128²)), width = √(N / (12·layers))), plain multi-head attention, gated feed-forward network.
 * It leaves out the embeddings, so that below about 1B parameters it comes out too large, and grouped-query attention,
 * with which the key/value cache is 4 to 8 times smaller.
 */
export function typicalModel(parameters: number): MemoryModel {
  const layers = Math.max(1, Math.round(Math.cbrt(parameters / (BLOCK_FACTOR * WIDTH_PER_LAYER ** 2))));
  const heads = Math.max(1, Math.round(Math.sqrt(parameters / (BLOCK_FACTOR * layers)) / HEAD_DIMENSION));
  const hidden = heads * HEAD_DIMENSION;
  // Three matrices of 8/3 h make the 8 h² of an ungated network of 4 h (Shazeer 2020, arXiv 2002.05202).
  const feedForward = Math.round((8 * hidden) / 3);
  const shape: ModelShape = {
    kind: 'decoder',
    layers,
    encoderLayers: 0,
    hidden,
    heads,
    kvHeads: heads,
    headDimension: HEAD_DIMENSION,
    valueDimension: HEAD_DIMENSION,
    cacheWidth: 2 * hidden,
    feedForward,
    feedForwardMatrices: 3,
    vocabulary: VOCABULARY,
    contextLength: CONTEXT_LENGTH,
    slidingWindows: Array.from({ length: layers }, () => undefined),
    tiedEmbeddings: false,
  };
  const attention = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((module) => ({
    module,
    inputs: hidden,
    outputs: hidden,
  }));
  const upwards = { inputs: hidden, outputs: feedForward };
  const block = [
    ...attention,
    { module: 'gate_proj', ...upwards },
    { module: 'up_proj', ...upwards },
    { module: 'down_proj', inputs: feedForward, outputs: hidden },
  ];
  return {
    parameters,
    activeParameters: parameters,
    shape,
    linearLayers: shape.slidingWindows.flatMap(() => block),
  };
}
