import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { positionCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addGatedFeedForward } from '../blocks.js';
import { checkHeads, layerTypes } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 128_256,
      hidden_size: 2048,
      intermediate_size: 11_008,
      num_hidden_layers: 36,
      num_attention_heads: 16,
      num_key_value_heads: 4,
      max_position_embeddings: 32_768,
      tie_word_embeddings: true,
    }),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    use_sliding_window: z.boolean().default(false),
    sliding_window: positionCount.nullish(),
    no_rope_layers: z.array(z.union([z.literal(0), z.literal(1)])).nullish(),
    no_rope_layer_interval: z.number().int().positive().default(4),
    layer_types: layerTypes,
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS));

type Config = z.output<typeof schema>;

/** Layers that slide: those listed, or with windows switched on those without rotary positions. */
function slidingWindows(config: Config): (number | undefined)[] {
  const { layer_types: types, no_rope_layers: rotary, no_rope_layer_interval: interval } = config;
  return windows(config.num_hidden_layers, config.sliding_window, (layer) => {
    if (types) return types[layer] === 'sliding_attention';
    const hasRotary = rotary ? rotary[layer] === 1 : (layer + 1) % interval !== 0;
    return config.use_sliding_window && !hasRotary;
  });
}

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  return describeDecoder(config, {
    architecture: 'smollm3',
    addLayer(table, block, widths) {
      table.norm(`${block}.input_layernorm`, hidden);
      addAttention(table, `${block}.self_attn`, widths, { bias: config.attention_bias });
      table.norm(`${block}.post_attention_layernorm`, hidden);
      addGatedFeedForward(table, `${block}.mlp`, hidden, config.intermediate_size, { bias: config.mlp_bias });
    },
    slidingWindows: slidingWindows(config),
  });
}

/** SmolLM3: LLaMA's weights, with rotary positions in three of four layers. */
export const smollm3: StructureReader = { id: 'smollm3', modelTypes: ['smollm3'], read };
