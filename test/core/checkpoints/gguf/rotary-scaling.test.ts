import { describe, expect, it } from 'vitest';
import { readModel } from '../../../../src/core/architectures/index.js';
import {
  describeRotaryScaling,
  readRotaryScaling,
} from '../../../../src/core/checkpoints/gguf/families/rotary-scaling.js';
import { MetadataReader } from '../../../../src/core/checkpoints/gguf/metadata-reader.js';

/** A LLaMA with heads of this width. */
function shapeOf(headDimension: number) {
  return readModel({
    ...{ model_type: 'llama', vocab_size: 8, hidden_size: headDimension, intermediate_size: 8 },
    ...{ num_hidden_layers: 1, num_attention_heads: 1, max_position_embeddings: 256 },
  }).shape;
}

describe("Llama 3's divisors of rotary frequencies", () => {
  // `ROPE_INIT_FUNCTIONS['llama3']` of transformers 5.23: inverse frequencies without scaling, over those with it.
  it.each([
    ['one frequency between the bounds', 20, 5e5, [1, 1.5794071, 8, 8, 8, 8, 8, 8, 8, 8]],
    ['one between other bounds', 16, 1e4, [1, 1, 1, 1, 1, 3.5942605, 32, 32]],
    ['none between', 12, 1e4, [1, 1, 1, 8, 8, 8]],
    ['none between, few', 8, 1e4, [1, 1, 8, 8]],
    ['every one divided by the factor', 8, 1e4, [8, 8, 8, 8]],
  ])('are read where there is %s', (_, headDimension, theta, factors) => {
    const metadata = new MetadataReader('model.gguf', new Map());
    const stored = { theta, headDimension, factors: Float32Array.from(factors) };
    const scaling = readRotaryScaling(metadata, stored);
    const config = { rope_theta: theta, rope_scaling: scaling! };
    const again = describeRotaryScaling(config, shapeOf(headDimension)).factors!;
    Array.from(again.data).forEach((value, index) => expect(value).toBeCloseTo(factors[index]!, 3));
  });

  it('are refused where they follow no such line', () => {
    const metadata = new MetadataReader('model.gguf', new Map());
    const stored = { theta: 1e4, headDimension: 16, factors: Float32Array.of(1, 1, 5, 3, 2, 4, 8, 8) };
    expect(() => readRotaryScaling(metadata, stored)).toThrow('follows no known scheme');
  });
});

describe('YaRN', () => {
  // llama.cpp reads the betas for few architectures (`hparams.yarn_beta_fast` in src/models), with 32 and 1 otherwise.
  it('is refused with other bounds than llama.cpp computes with', () => {
    const config = (more: object) => ({
      rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64, ...more },
    });
    expect(() => describeRotaryScaling(config({ beta_fast: 24 }), shapeOf(8))).toThrow('beta_fast');
    expect(() => describeRotaryScaling(config({ beta_slow: 2 }), shapeOf(8))).toThrow('beta_slow');
    const usual = describeRotaryScaling(config({ beta_fast: 32, beta_slow: 1 }), shapeOf(8));
    expect(usual.entries.map(([key]) => key)).toContain('rope.scaling.factor');
  });
});
