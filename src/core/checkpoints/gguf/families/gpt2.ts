import { ToolkitError } from '../../../errors/toolkit-error.js';
import { float32, uint32 } from '../metadata.js';
import { SAME } from '../tensor-layout.js';
import type { GgufFamily } from './family.js';

const DEFAULT_EPSILON = 1e-5;
/** Activations that ggml computes for GPT-2: GELU by its tanh approximation. */
const ACTIVATIONS: readonly unknown[] = ['gelu_new', 'gelu_pytorch_tanh', 'gelu_fast', undefined];
/** Linear layers that are published [inputs, outputs]. */
const CONV1D = /\.(?:c_attn|c_proj|c_fc)\.weight$/;

/** GPT-2: learned positions, layer norms and biases, and linear layers stored the other way round. */
export const gpt2: GgufFamily = {
  architecture: 'gpt2',
  modelTypes: ['gpt2'],
  modules: [
    ['transformer.wte', 'token_embd'],
    ['transformer.wpe', 'position_embd'],
    ['transformer.h.*.ln_1', 'blk.*.attn_norm'],
    ['transformer.h.*.attn.c_attn', 'blk.*.attn_qkv'],
    ['transformer.h.*.attn.c_proj', 'blk.*.attn_output'],
    ['transformer.h.*.ln_2', 'blk.*.ffn_norm'],
    ['transformer.h.*.mlp.c_fc', 'blk.*.ffn_up'],
    ['transformer.h.*.mlp.c_proj', 'blk.*.ffn_down'],
    ['transformer.ln_f', 'output_norm'],
    ['lm_head', 'output'],
  ],

  describe({ config, shape }) {
    const unsupported =
      (!ACTIVATIONS.includes(config['activation_function']) && 'activation_function') ||
      (config['scale_attn_weights'] === false && 'scale_attn_weights') ||
      (config['scale_attn_by_inverse_layer_idx'] === true && 'scale_attn_by_inverse_layer_idx');
    if (unsupported) {
      throw new ToolkitError(
        `config.json: ${unsupported} is ${JSON.stringify(config[unsupported])}, which llama.cpp cannot compute`,
        'UNSUPPORTED',
        'Deploy this model to another target.',
      );
    }
    return {
      entries: new Map([
        ['block_count', uint32(shape.layers)],
        ['context_length', uint32(shape.contextLength)],
        ['embedding_length', uint32(shape.hidden)],
        ['feed_forward_length', uint32(shape.feedForward)],
        ['attention.head_count', uint32(shape.heads)],
        [
          'attention.layer_norm_epsilon',
          float32((config['layer_norm_epsilon'] as number | undefined) ?? DEFAULT_EPSILON),
        ],
      ]),
    };
  },

  configure: (metadata, { names, vocabulary }) =>
    Promise.resolve({
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      vocab_size: vocabulary,
      n_positions: metadata.requiredSize('context_length'),
      n_embd: metadata.requiredSize('embedding_length'),
      n_layer: metadata.requiredSize('block_count'),
      n_head: metadata.requiredSize('attention.head_count'),
      n_inner: metadata.requiredSize('feed_forward_length'),
      activation_function: 'gelu_new',
      layer_norm_epsilon: metadata.requiredNumber('attention.layer_norm_epsilon'),
      tie_word_embeddings: !names.has('output.weight'),
    }),

  layoutOf: (published) => (CONV1D.test(published) ? { kind: 'transposed' } : SAME),
};
