/** Gopher and Chinchilla against the sizes their papers print (Rae et al. 2021, Table 1; Hoffmann et al. 2022, Table 4). */
import { expect, it } from 'vitest';
import { countParameters } from '../../../src/core/architectures/index.js';
import { readModelStructure } from '../../../src/core/model-structures/index.js';

it.each([
  // name, layers, heads, key/value size, d_model, and the bounds of what rounds to the printed size
  ['44M', 8, 16, 32, 512, 43.5e6, 44.5e6],
  ['117M', 12, 12, 64, 768, 116.5e6, 117.5e6],
  ['417M', 12, 12, 128, 1536, 416.5e6, 417.5e6],
  ['1.4B', 24, 16, 128, 2048, 1.35e9, 1.45e9],
  ['7.1B', 32, 32, 128, 4096, 7.05e9, 7.15e9],
  ['280B', 80, 128, 128, 16_384, 279.5e9, 280.5e9],
  ['70B (Chinchilla)', 80, 64, 128, 8192, 69.5e9, 70.5e9],
])('%s', (_, layers, heads, size, width, least, most) => {
  const structure = readModelStructure({
    model_type: 'gopher',
    num_hidden_layers: layers,
    num_attention_heads: heads,
    head_dim: size,
    hidden_size: width,
  });
  const parameters = countParameters(structure.parameters);
  expect(parameters).toBeGreaterThan(least);
  expect(parameters).toBeLessThan(most);
  expect(structure.shape).toMatchObject({
    cacheWidth: 2 * width,
    feedForward: 4 * width,
    feedForwardMatrices: 2,
  });
  // What LoRA may target carries tokens; the matrix of relative positions carries distances.
  expect(structure.linearLayers).toHaveLength(6 * layers);
});
