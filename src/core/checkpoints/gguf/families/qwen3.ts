import { ToolkitError } from '../../../errors/toolkit-error.js';
import { SAME } from '../tensor-layout.js';
import type { GgufFamily } from './family.js';
import {
  configureRotaryDecoder,
  describeRotaryDecoder,
  ROTARY_DECODER_MODULES,
  ROTARY_TENSORS,
} from './rotary-decoder.js';

/** Qwen3 (dense): norms on queries and keys. ggml turns halves of heads here, as published. */
export const qwen3: GgufFamily = {
  architecture: 'qwen3',
  modelTypes: ['qwen3'],
  modules: ROTARY_DECODER_MODULES,
  passedOver: ROTARY_TENSORS,
  describe(model) {
    if (model.config['attention_bias'] === true) {
      throw new ToolkitError(
        'config.json: attention_bias is true, and llama.cpp loads no Qwen3 whose attention has a bias on its output',
        'UNSUPPORTED',
        'Deploy this model to another target.',
      );
    }
    return describeRotaryDecoder(model);
  },
  configure: async (metadata, tensors) => ({
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    ...(await configureRotaryDecoder(metadata, tensors)),
    attention_bias: tensors.names.has('blk.0.attn_q.bias'),
  }),
  layoutOf: () => SAME,
};
