import { SAME } from '../tensor-layout.js';
import type { GgufFamily } from './family.js';
import {
  configureRotaryDecoder,
  describeRotaryDecoder,
  ROTARY_DECODER_MODULES,
  ROTARY_TENSORS,
} from './rotary-decoder.js';

/** Qwen2 and Qwen2.5: biases on queries, keys and values. ggml turns halves of heads here, as published. */
export const qwen2: GgufFamily = {
  architecture: 'qwen2',
  modelTypes: ['qwen2'],
  modules: ROTARY_DECODER_MODULES,
  passedOver: ROTARY_TENSORS,
  describe: describeRotaryDecoder,
  configure: async (metadata, tensors) => ({
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    ...(await configureRotaryDecoder(metadata, tensors)),
  }),
  layoutOf: () => SAME,
};
