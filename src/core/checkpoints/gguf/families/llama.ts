import { SAME } from '../tensor-layout.js';
import type { GgufFamily } from './family.js';
import {
  configureRotaryDecoder,
  describeRotaryDecoder,
  ROTARY_DECODER_MODULES,
  ROTARY_TENSORS,
  vocabularyEntries,
} from './rotary-decoder.js';

/** LLaMA and Mistral. Both are `llama` in GGUF, which keeps no sliding window: what is read is a LLaMA. */
export const llama: GgufFamily = {
  architecture: 'llama',
  modelTypes: ['llama', 'mistral'],
  modules: ROTARY_DECODER_MODULES,
  passedOver: ROTARY_TENSORS,

  describe(model) {
    const described = describeRotaryDecoder(model);
    return { ...described, entries: new Map([...described.entries, ...vocabularyEntries(model)]) };
  },

  configure: async (metadata, tensors) => ({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    ...(await configureRotaryDecoder(metadata, tensors)),
    attention_bias: tensors.names.has('blk.0.attn_q.bias'),
    mlp_bias: tensors.names.has('blk.0.ffn_gate.bias'),
  }),

  layoutOf(published, { shape }) {
    const projection = /\.(?<which>[qk])_proj\.(?:weight|bias)$/.exec(published)?.groups?.['which'];
    if (projection === undefined) return SAME;
    return { kind: 'interleaved', heads: projection === 'q' ? shape.heads : shape.kvHeads };
  },
};
