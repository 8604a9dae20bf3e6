import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { positionCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { checkHeads } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 32_064,
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      max_position_embeddings: 4096,
      tie_word_embeddings: false,
    }),
    sliding_window: positionCount.nullish(),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const { hidden_size: hidden, intermediate_size: inner } = config;
  return describeDecoder(config, {
    architecture: 'phi3',
    addLayer(table, block, { heads, kvHeads, headDimension }) {
      table.norm(`${block}.input_layernorm`, hidden);
      table.linear(`${block}.self_attn.qkv_proj`, hidden, (heads + 2 * kvHeads) * headDimension);
      table.linear(`${block}.self_attn.o_proj`, heads * headDimension, hidden);
      table.norm(`${block}.post_attention_layernorm`, hidden);
      table.linear(`${block}.mlp.gate_up_proj`, hidden, 2 * inner);
      table.linear(`${block}.mlp.down_proj`, inner, hidden);
    },
    slidingWindows: windows(config.num_hidden_layers, config.sliding_window),
  });
}

/** Phi-3 (Abdin et al. 2024), Phi-4 and Phi-4-mini: projections of one input are stored as one matrix. */
export const phi3: StructureReader = { id: 'phi3', modelTypes: ['phi3'], read };
