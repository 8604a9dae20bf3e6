import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 51_200,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 24,
      num_attention_heads: 32,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    }),
    qk_layernorm: z.boolean().default(false),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const bias = { bias: true };
  return describeDecoder(config, {
    architecture: 'phi',
    addLayer(table, block, widths) {
      // One normalisation: attention and feed-forward network work side by side.
      table.norm(`${block}.input_layernorm`, hidden, bias);
      addAttention(table, `${block}.self_attn`, widths, {
        bias: true,
        names: ['q_proj', 'k_proj', 'v_proj', 'dense'],
      });
      if (config.qk_layernorm) {
        table.norm(`${block}.self_attn.q_layernorm`, widths.headDimension, bias);
        table.norm(`${block}.self_attn.k_layernorm`, widths.headDimension, bias);
      }
      addFeedForward(table, [`${block}.mlp.fc1`, `${block}.mlp.fc2`], hidden, config.intermediate_size, bias);
    },
    finalNorm: 'model.final_layernorm',
    normBias: true,
    headBias: true,
    feedForwardMatrices: 2,
  });
}

/** Phi-1, Phi-1.5 (Li et al. 2023) and Phi-2. */
export const phi: StructureReader = { id: 'phi', modelTypes: ['phi'], read };
