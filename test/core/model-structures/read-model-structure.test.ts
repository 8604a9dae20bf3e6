/** What is read beside the weights, held against the models' papers and published configurations, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { ModelShape } from '../../../src/core/architectures/index.js';
import { countParameters, readModel } from '../../../src/core/architectures/index.js';
import { MODEL_TYPES, readModelStructure } from '../../../src/core/model-structures/index.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

const { models } = readJson<{ models: Record<string, { config: Record<string, unknown> }> }>(
  GOLDEN,
  'structures/published.json',
);

const shapeOf = (name: string): ModelShape => readModelStructure(models[name]!.config).shape;

describe('shapes', () => {
  it.each<[string, Partial<ModelShape>]>([
    ['bert-large-uncased', { kind: 'encoder', layers: 24, heads: 16, cacheWidth: 0, contextLength: 512 }],
    // 514 rows of positions, of which the padding id takes two.
    ['roberta-base', { kind: 'encoder', contextLength: 512, vocabulary: 50_265, tiedEmbeddings: true }],
    ['bart-base', { kind: 'encoder-decoder', layers: 6, encoderLayers: 6, cacheWidth: 1536 }],
    [
      't5-11b',
      { kind: 'encoder-decoder', hidden: 1024, heads: 128, headDimension: 128, feedForwardMatrices: 2 },
    ],
    [
      'flan-t5-xxl',
      { encoderLayers: 24, feedForward: 10_240, feedForwardMatrices: 3, tiedEmbeddings: false },
    ],
    ['bloom', { layers: 70, feedForward: 57_344, headDimension: 128, contextLength: 2048 }],
    [
      'gemma-7b',
      { hidden: 3072, heads: 16, headDimension: 256, feedForwardMatrices: 3, tiedEmbeddings: true },
    ],
    ['falcon-7b', { heads: 71, kvHeads: 1, headDimension: 64, cacheWidth: 128 }],
    ['falcon-180b', { kvHeads: 8, headDimension: 64, feedForward: 59_392, tiedEmbeddings: false }],
    ['starcoderbase', { kvHeads: 1, headDimension: 128, contextLength: 8192 }],
    ['opt-350m', { hidden: 1024, contextLength: 2048, vocabulary: 50_272 }],
    ['phi-4', { kvHeads: 10, cacheWidth: 2560, feedForwardMatrices: 3 }],
    [
      'mixtral-8x7b',
      {
        kvHeads: 8,
        experts: { count: 8, perToken: 2, feedForward: 14_336, layers: 32, sharedFeedForward: 0 },
      },
    ],
    [
      // DeepSeek-V3 (2024), section 4.2: a latent of 512 and a rotary key of 64, three dense layers of 61.
      'deepseek-v3',
      {
        cacheWidth: 576,
        headDimension: 192,
        valueDimension: 128,
        feedForward: 18_432,
        experts: { count: 256, perToken: 8, feedForward: 2048, layers: 58, sharedFeedForward: 2048 },
      },
    ],
    [
      'qwen1.5-moe-a2.7b',
      { experts: { count: 60, perToken: 4, feedForward: 1408, layers: 24, sharedFeedForward: 5632 } },
    ],
  ])('%s', (name, expected) => {
    expect(shapeOf(name)).toMatchObject(expected);
  });

  it.each([
    // Every second layer of Gemma 2 sees all, every sixth of Gemma 3 (their reports).
    ['gemma-2-9b', 42, 21, 4096],
    ['gemma-3-1b', 26, 4, 512],
    ['gemma-3-27b', 62, 10, 1024],
    ['gpt-oss-20b', 24, 12, 128],
    ['phi-3-mini-4k', 32, 0, 2047],
    ['mixtral-8x7b', 32, 32, undefined],
  ])('%s: of %i layers %i see all', (name, layers, full, window) => {
    const windows = shapeOf(name).slidingWindows;
    expect(windows).toHaveLength(layers);
    expect(windows.filter((width) => width === undefined)).toHaveLength(full);
    expect(windows.find((width) => width !== undefined)).toBe(window);
  });
});

/** The published shape of SmolLM2-135M: 134,515,008 parameters. */
const SMOLLM2 = {
  model_type: 'llama',
  vocab_size: 49_152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
};

describe('models that run here', () => {
  it('are described by the architecture that runs them', () => {
    const structure = readModelStructure(SMOLLM2);
    expect(structure.architecture).toBe('llama');
    expect(structure.parameters).toEqual(readModel(SMOLLM2).parameters);
    expect(countParameters(structure.parameters)).toBe(134_515_008);
  });

  it('and as the text tower of a multimodal model', () => {
    const { tie_word_embeddings: tied, ...text } = SMOLLM2;
    const config = { model_type: 'llava', tie_word_embeddings: tied, text_config: text };
    expect(countParameters(readModelStructure(config).parameters)).toBe(134_515_008);
  });
});

function failureOf(config: unknown, where?: string): unknown {
  try {
    readModelStructure(config, where);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('what is not known', () => {
  it('has the known ones listed, the nearest first', () => {
    expect(failureOf({ model_type: 'mixtrall' }, 'a/config.json')).toMatchObject({
      code: 'UNSUPPORTED',
      message: 'a/config.json: model_type "mixtrall" is not known',
      hint: `Nearest: mixtral, mistral. Known: ${MODEL_TYPES.join(', ')}.`,
    });
  });

  it.each([[{}], [{ model_type: null }], [{ model_type: 7 }], [{ model_type: 'rwkv\u001b[2J' }]])(
    '%j',
    (config) => {
      const error = failureOf(config) as Error;
      expect(error).toMatchObject({ code: 'UNSUPPORTED' });
      expect(error.message).not.toMatch(/\u001b/);
    },
  );

  it('is said of the text tower where that is the unknown part', () => {
    expect(failureOf({ model_type: 'llava', text_config: { model_type: 'rwkv' } })).toMatchObject({
      code: 'UNSUPPORTED',
      message: 'config.json (text_config): model_type "rwkv" is not known',
    });
  });

  it.each([[null], [[]], ['bert']])('%j is not a configuration', (config) => {
    expect(failureOf(config)).toMatchObject({ code: 'BAD_CHECKPOINT' });
  });
});

describe('a wrong configuration fails before its tables are made', () => {
  it.each<[Record<string, unknown>, string]>([
    [
      { model_type: 'bert', num_attention_heads: 5 },
      'num_attention_heads: 5 does not divide the hidden size 768',
    ],
    [{ model_type: 'bert', is_decoder: true }, 'is_decoder: a decoder of this family is not described'],
    [
      { model_type: 'roberta', max_position_embeddings: 2 },
      'max_position_embeddings: leaves no position beside 2 reserved ones',
    ],
    [{ model_type: 'bart', decoder_attention_heads: 7 }, 'decoder_attention_heads: 7 does not divide'],
    [{ model_type: 'bart', tie_word_embeddings: false }, 'tie_word_embeddings: '],
    [{ model_type: 't5', feed_forward_proj: 'very-gated-gelu' }, 'feed_forward_proj: is neither'],
    [{ model_type: 'bloom', n_layer: 1e9 }, 'n_layer: is more than 1000, which no model has'],
    [
      { model_type: 'mixtral', num_key_value_heads: 3 },
      'num_key_value_heads: 3 does not divide 32 attention heads',
    ],
    [{ model_type: 'mixtral', num_local_experts: 1e6 }, 'num_local_experts: is more than 4096'],
    [
      { model_type: 'mixtral', num_experts_per_tok: 9 },
      'num_experts_per_tok: 9 is more than the 8 experts of a layer',
    ],
    [{ model_type: 'qwen3_moe', decoder_sparse_step: 0 }, 'decoder_sparse_step: '],
    [{ model_type: 'gemma2', layer_types: ['full_attention'] }, 'layer_types: has 1 entries for 26 layers'],
    [{ model_type: 'gemma3_text', use_bidirectional_attention: true }, 'use_bidirectional_attention: '],
    [{ model_type: 'gpt_neox', vocab_size: '50432' }, 'vocab_size: '],
    [{ model_type: 'mpt', expansion_ratio: 3 }, 'expansion_ratio: is not 4'],
    [
      { model_type: 'mpt', attn_config: { alibi: false } },
      'attn_config.alibi: learned positions are not described',
    ],
    [{ model_type: 'deepseek_v2' }, 'num_experts_per_tok: '],
    [{ model_type: 'deepseek_v3', moe_layer_freq: 2 }, 'moe_layer_freq: '],
    [{ model_type: 'palm' }, '3 problems: hidden_size: '],
  ])('%j', (config, problem) => {
    expect(failureOf(config)).toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringContaining(`config.json: ${problem}`),
    });
  });

  it('every problem is named at once', () => {
    const config = { model_type: 'opt', hidden_size: -1, ffn_dim: 1e9, num_hidden_layers: 0 };
    expect(failureOf(config)).toMatchObject({
      message: expect.stringMatching(/3 problems: hidden_size: .*; num_hidden_layers: .*; ffn_dim: /),
    });
  });

  it('a table that would not end', () => {
    const config = { model_type: 'mixtral', num_hidden_layers: 1000, num_local_experts: 4096 };
    expect(failureOf(config)).toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: 'config.json: describes more than 262144 tensors, which no model has',
    });
  });

  it('more parameters than can be counted', () => {
    const wide = {
      hidden_size: 2 ** 20,
      intermediate_size: 2 ** 20,
      num_attention_heads: 2 ** 20,
      head_dim: 2 ** 20,
    };
    expect(failureOf({ model_type: 'gemma', ...wide, num_key_value_heads: 1 }, 'x.json')).toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: 'x.json: describes more parameters than can be counted',
    });
  });
});
