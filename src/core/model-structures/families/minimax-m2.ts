import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { expertCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addExperts } from '../blocks.js';
import { checkExperts, checkHeads, withPublishedNames } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 200_064,
      hidden_size: 3072,
      intermediate_size: 1536,
      num_hidden_layers: 62,
      num_attention_heads: 48,
      num_key_value_heads: 8,
      head_dim: 128,
      max_position_embeddings: 196_608,
      tie_word_embeddings: false,
    }),
    num_local_experts: expertCount.default(256),
    num_experts_per_tok: expertCount.default(8),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS))
  .superRefine(checkExperts('num_local_experts'));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, { num_experts: 'num_local_experts' }));
  const { hidden_size: hidden, intermediate_size: inner, num_local_experts: count } = config;
  return describeDecoder(config, {
    architecture: 'minimax-m2',
    addLayer(table, block, widths) {
      table.norm(`${block}.input_layernorm`, hidden);
      addAttention(table, `${block}.self_attn`, widths);
      // One gain over all heads together, not one per head as in Qwen3.
      table.norm(`${block}.self_attn.q_norm`, widths.heads * widths.headDimension);
      table.norm(`${block}.self_attn.k_norm`, widths.kvHeads * widths.headDimension);
      table.norm(`${block}.post_attention_layernorm`, hidden);
      const module = `${block}.block_sparse_moe`;
      table.matrix(`${module}.gate`, count, hidden);
      table.tensor(`${module}.e_score_correction_bias`, [count]);
      addExperts(table, `${module}.experts`, count, hidden, inner, ['w1', 'w3', 'w2']);
    },
    experts: {
      count,
      perToken: config.num_experts_per_tok,
      feedForward: inner,
      layers: config.num_hidden_layers,
      sharedFeedForward: 0,
    },
  });
}

/** MiniMax-M2, without the layers for predicting several tokens, which its checkpoints do not store. */
export const minimaxM2: StructureReader = { id: 'minimax-m2', modelTypes: ['minimax_m2'], read };
