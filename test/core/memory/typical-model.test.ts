import { describe, expect, it } from 'vitest';
import { countParameters } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { typicalLayers, typicalModel } from '../../../src/core/memory/typical-model.js';

describe('the typical model of a parameter count', () => {
  // Layers × width decides cache and activations. Published: GPT-3 (Brown et al. 2020, table 2.1) and LLaMA (Touvron et
  // al. 2023, table 2), with parameters as counted there.
  it.each([
    ['GPT-3 small', 125e6, 12 * 768],
    ['GPT-3 large', 760e6, 24 * 1536],
    ['GPT-3 2.7B', 2.7e9, 32 * 2560],
    ['LLaMA 7B', 6.7e9, 32 * 4096],
    ['LLaMA 13B', 13e9, 40 * 5120],
    ['LLaMA 33B', 32.5e9, 60 * 6656],
    ['LLaMA 65B', 65.2e9, 80 * 8192],
    ['GPT-3 175B', 175e9, 96 * 12_288],
  ])('has the size of %s', (_, parameters, published) => {
    const { layers, hidden, heads, headDimension } = typicalModel(parameters).shape;
    expect(Math.abs((layers * hidden) / published - 1)).toBeLessThan(0.1);
    expect(heads * headDimension).toBe(hidden);
  });

  it('has linear layers that make up its parameters, but for embeddings and rounding', () => {
    const weights = typicalModel(7e9).linearLayers.reduce(
      (sum, { inputs, outputs, count }) => sum + inputs * outputs * count,
      0,
    );
    expect(Math.abs(weights / 7e9 - 1)).toBeLessThan(0.02);
  });

  it('has an embedding that is part of its parameters below 1B', () => {
    const { shape, linearLayers } = typicalModel(125e6);
    const matrices = linearLayers.reduce(
      (sum, { inputs, outputs, count }) => sum + inputs * outputs * count,
      0,
    );
    expect(shape.tiedEmbeddings).toBe(true);
    expect(Math.abs((matrices + shape.vocabulary * shape.hidden) / 125e6 - 1)).toBeLessThan(0.1);
  });

  it.each([1e6, 124e6, 999e6, 1e9, 70e9, 1e14])('has the depth that makes up %d parameters', (parameters) => {
    const { value, inputs } = typicalLayers(parameters);
    const width = (inputs.width_per_layer ?? 0) * value;
    expect((12 * value * width ** 2 + (inputs.embedding_rows ?? 0) * width) / parameters).toBeCloseTo(1, 6);
  });

  it('has heads that two and four GPUs can share', () => {
    for (const parameters of [1e9, 7e9, 8e9, 13e9, 70e9, 175e9]) {
      expect(typicalModel(parameters).shape.heads % 4).toBe(0);
    }
    expect(typicalModel(7e9).shape).toMatchObject({ hidden: 4096, heads: 32 });
  });

  it('exists for one parameter', () => {
    expect(typicalModel(1).shape).toMatchObject({ layers: 1, heads: 1 });
  });
});

describe('a configuration', () => {
  it('gives the exact count that LoRA and totals rest on: Llama 2 7B has 6,738,415,616', () => {
    const model = readModel({
      ...{ model_type: 'llama', vocab_size: 32_000, hidden_size: 4096, intermediate_size: 11_008 },
      ...{ num_hidden_layers: 32, num_attention_heads: 32, max_position_embeddings: 4096 },
    });
    expect(countParameters(model.parameters)).toBe(6_738_415_616);
  });
});
