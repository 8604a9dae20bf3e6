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
      vocab_size: 256_000,
      hidden_size: 8192,
      intermediate_size: 22_528,
      num_hidden_layers: 40,
      num_attention_heads: 64,
      max_position_embeddings: 8192,
      tie_word_embeddings: true,
    }),
    attention_bias: z.boolean().default(false),
    use_qk_norm: z.boolean().nullish(),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  return describeDecoder(config, {
    architecture: 'cohere',
    addLayer(table, block, widths) {
      // One normalisation: attention and feed-forward network work side by side.
      table.norm(`${block}.input_layernorm`, hidden);
      addAttention(table, `${block}.self_attn`, widths, { bias: config.attention_bias });
      if (config.use_qk_norm) {
        table.matrix(`${block}.self_attn.q_norm`, widths.heads, widths.headDimension);
        table.matrix(`${block}.self_attn.k_norm`, widths.kvHeads, widths.headDimension);
      }
      addGatedFeedForward(table, `${block}.mlp`, hidden, config.intermediate_size);
    },
  });
}

/** Command R and Command R+: LayerNorm without bias, one gain for each head's queries and keys in the larger one. */
export const cohere: StructureReader = { id: 'cohere', modelTypes: ['cohere'], read };
