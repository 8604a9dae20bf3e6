import type { ModelShape } from '../../../src/core/architectures/architecture.js';

/** A GPT model: feed-forward of four times the width, as many key/value heads as heads. */
export function gptShape(layers: number, hidden: number, heads: number, vocabulary: number): ModelShape {
  return {
    kind: 'decoder',
    layers,
    encoderLayers: 0,
    hidden,
    heads,
    vocabulary,
    kvHeads: heads,
    headDimension: hidden / heads,
    valueDimension: hidden / heads,
    cacheWidth: 2 * hidden,
    feedForward: 4 * hidden,
    feedForwardMatrices: 2,
    contextLength: 2048,
    slidingWindows: Array.from({ length: layers }, () => undefined),
    tiedEmbeddings: true,
  };
}
