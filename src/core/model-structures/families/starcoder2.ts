import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { positionCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 49_152,
      hidden_size: 3072,
      intermediate_size: 12_288,
      num_hidden_layers: 30,
      num_attention_heads: 24,
      num_key_value_heads: 2,
      max_position_embeddings: 4096,
      tie_word_embeddings: true,
    }),
    sliding_window: positionCount.nullish(),
    use_bias: z.boolean().default(true),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const bias = config.use_bias;
  return describeDecoder(config, {
    architecture: 'starcoder2',
    addLayer(table, block, widths) {
      table.norm(`${block}.input_layernorm`, hidden, { bias: true });
      addAttention(table, `${block}.self_attn`, widths, { bias });
      table.norm(`${block}.post_attention_layernorm`, hidden, { bias: true });
      const modules = [`${block}.mlp.c_fc`, `${block}.mlp.c_proj`] as const;
      addFeedForward(table, modules, hidden, config.intermediate_size, { bias });
    },
    normBias: true,
    feedForwardMatrices: 2,
    slidingWindows: windows(config.num_hidden_layers, config.sliding_window),
  });
}

/** StarCoder2 (Lozhkov et al. 2024). */
export const starcoder2: StructureReader = { id: 'starcoder2', modelTypes: ['starcoder2'], read };
