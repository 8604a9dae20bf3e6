/** PaLM against its paper (Chowdhery et al. 2022, Table 1), which prints 8.63, 62.50 and 540.35 billion parameters. */
import { expect, it } from 'vitest';
import { countParameters } from '../../../src/core/architectures/index.js';
import { readModelStructure } from '../../../src/core/model-structures/index.js';

it.each([
  // layers, heads, width; the count worked by hand as width x (256,000 + 1) + layers x (width + 2 x width x 256 x
  // (heads + 1) + 12 x width^2)
  [32, 16, 4096, 8_632_012_800, 8.63],
  [64, 32, 8192, 62_495_662_080, 62.5],
  [118, 48, 18_432, 540_356_474_880, 540.35],
])('%i layers, %i heads, width %i', (layers, heads, width, parameters, printed) => {
  const structure = readModelStructure({
    model_type: 'palm',
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_size: width,
  });
  expect(countParameters(structure.parameters)).toBe(parameters);
  expect(Math.abs(parameters / 1e9 - printed)).toBeLessThan(0.01);
  expect(structure.shape).toMatchObject({
    kvHeads: 1,
    headDimension: 256,
    cacheWidth: 512,
    feedForward: 4 * width,
    feedForwardMatrices: 3,
    contextLength: 2048,
    tiedEmbeddings: true,
  });
});
