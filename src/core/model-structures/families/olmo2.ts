import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addGatedFeedForward } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 50_304,
      hidden_size: 4096,
      intermediate_size: 11_008,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    }),
    attention_bias: z.boolean().default(false),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  return describeDecoder(config, {
    architecture: 'olmo2',
    addLayer(table, block, widths) {
      addAttention(table, `${block}.self_attn`, widths, { bias: config.attention_bias });
      table.norm(`${block}.self_attn.q_norm`, widths.heads * widths.headDimension);
      table.norm(`${block}.self_attn.k_norm`, widths.kvHeads * widths.headDimension);
      table.norm(`${block}.post_attention_layernorm`, hidden);
      addGatedFeedForward(table, `${block}.mlp`, hidden, config.intermediate_size);
      table.norm(`${block}.post_feedforward_layernorm`, hidden);
    },
  });
}

/** OLMo 2 (2024): normalisations behind attention and feed-forward network, none before them. */
export const olmo2: StructureReader = { id: 'olmo2', modelTypes: ['olmo2'], read };
