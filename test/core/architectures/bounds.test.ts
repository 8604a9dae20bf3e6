/** A config.json may come from anywhere: what it claims must not decide how long or how large we work. */
import { describe, expect, it } from 'vitest';
import { countParameters } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';

/** The published shapes of GPT-2 (124M) and SmolLM2-135M. */
const SOUND: Record<string, Record<string, unknown>> = {
  gpt2: { model_type: 'gpt2', vocab_size: 50_257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 },
  llama: {
    model_type: 'llama',
    vocab_size: 49_152,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
};

/** Published: 124,439,808 and 134,515,008 parameters. */
it.each([
  ['gpt2', 124_439_808],
  ['llama', 134_515_008],
])('reads the published shape of %s', (name, parameters) => {
  expect(countParameters(readModel(SOUND[name]).parameters)).toBe(parameters);
});

describe('a tampered configuration fails before anything is allocated', () => {
  it.each([
    ['gpt2', 'n_layer', 1e9],
    ['gpt2', 'n_embd', 1e9],
    ['gpt2', 'n_head', 2 ** 21],
    ['gpt2', 'n_inner', 1e9],
    ['gpt2', 'vocab_size', 1e12],
    ['gpt2', 'n_positions', 1e12],
    ['gpt2', 'n_layer', 1.5],
    ['gpt2', 'n_embd', -768],
    ['gpt2', 'vocab_size', '50257'],
    ['llama', 'num_hidden_layers', 1e9],
    ['llama', 'hidden_size', 1e9],
    ['llama', 'intermediate_size', 1e9],
    ['llama', 'num_attention_heads', 2 ** 21],
    ['llama', 'num_key_value_heads', 2 ** 21],
    ['llama', 'head_dim', 1e9],
    ['llama', 'vocab_size', 1e12],
    ['llama', 'max_position_embeddings', 1e12],
    ['llama', 'sliding_window', 1e12],
  ])('%s with %s = %s', (name, field, value) => {
    const error = failureOf({ ...SOUND[name], [field]: value });
    expect(error).toMatchObject({ code: 'BAD_CHECKPOINT', message: expect.stringContaining(`${field}: `) });
  });

  it('every problem is named at once', () => {
    const error = failureOf({ ...SOUND['gpt2'], n_layer: 1e9, vocab_size: 1e12 });
    expect(error).toMatchObject({ message: expect.stringMatching(/2 problems: vocab_size: .*; n_layer: /) });
  });

  it('a whole whose parts are each allowed', () => {
    // 2^20 heads of dimension 2^20: 2^40 outputs of each projection from 2^20 inputs, far above 2^53.
    const wide = { hidden_size: 2 ** 20, num_attention_heads: 2 ** 20, num_key_value_heads: 2 ** 20 };
    expect(failureOf({ ...SOUND['llama'], ...wide, head_dim: 2 ** 20 })).toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: 'config.json: describes more parameters than can be counted',
    });
  });
});

function failureOf(config: Record<string, unknown>): unknown {
  try {
    readModel(config);
  } catch (error) {
    return error;
  }
  return undefined;
}
