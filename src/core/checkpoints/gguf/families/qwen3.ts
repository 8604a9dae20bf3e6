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
  describe: describeRotaryDecoder,
  configure: async (metadata, tensors) => ({
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    ...(await configureRotaryDecoder(metadata, tensors)),
    attention_bias: tensors.names.has('blk.0.attn_q.bias'),
  }),
  layoutOf: () => SAME,
};
