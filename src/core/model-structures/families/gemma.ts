import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { positionCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addGatedFeedForward } from '../blocks.js';
import { checkHeads, layerTypes } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { fullAttention, windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

const GEMMA_2_SIZES = {
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  tie_word_embeddings: true,
} as const;

const attentionFields = { attention_bias: z.boolean().default(false) };
const windowFields = { sliding_window: positionCount.nullable().default(4096), layer_types: layerTypes };

const schema = z
  .discriminatedUnion('model_type', [
    z
      .object({
        model_type: z.literal('gemma'),
        ...decoderFields({
          vocab_size: 256_000,
          hidden_size: 3072,
          intermediate_size: 24_576,
          num_hidden_layers: 28,
          num_attention_heads: 16,
          num_key_value_heads: 16,
          head_dim: 256,
          max_position_embeddings: 8192,
          tie_word_embeddings: true,
        }),
        ...attentionFields,
      })
      .loose(),
    z
      .object({
        model_type: z.literal('gemma2'),
        ...decoderFields({ ...GEMMA_2_SIZES, vocab_size: 256_000, max_position_embeddings: 8192 }),
        ...attentionFields,
        ...windowFields,
      })
      .loose(),
    z
      .object({
        model_type: z.enum(['gemma3_text', 'gemma3']),
        ...decoderFields({ ...GEMMA_2_SIZES, vocab_size: 262_208, max_position_embeddings: 131_072 }),
        ...attentionFields,
        ...windowFields,
        sliding_window_pattern: z.number().int().positive().default(6),
        use_bidirectional_attention: z
          .literal(false, 'a model that sees what follows is not described')
          .nullish(),
      })
      .loose(),
  ])
  .superRefine(checkHeads(DECODER_HEADS));

type Config = z.output<typeof schema>;

function slidingWindows(config: Config): (number | undefined)[] {
  const layers = config.num_hidden_layers;
  if (config.model_type === 'gemma') return fullAttention(layers);
  const types = config.layer_types;
  // Every second layer of Gemma 2 sees all, every sixth of Gemma 3.
  const pattern = config.model_type === 'gemma2' ? 2 : config.sliding_window_pattern;
  return windows(layers, config.sliding_window, (layer) =>
    types ? types[layer] === 'sliding_attention' : (layer + 1) % pattern !== 0,
  );
}

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const isFirst = config.model_type === 'gemma';
  const queryKeyNorm = !isFirst && config.model_type !== 'gemma2';
  return describeDecoder(config, {
    architecture: 'gemma',
    addLayer(table, block, widths) {
      table.norm(`${block}.input_layernorm`, hidden);
      addAttention(table, `${block}.self_attn`, widths, { bias: config.attention_bias });
      if (queryKeyNorm) {
        table.norm(`${block}.self_attn.q_norm`, widths.headDimension);
        table.norm(`${block}.self_attn.k_norm`, widths.headDimension);
      }
      table.norm(`${block}.post_attention_layernorm`, hidden);
      if (!isFirst) table.norm(`${block}.pre_feedforward_layernorm`, hidden);
      addGatedFeedForward(table, `${block}.mlp`, hidden, config.intermediate_size);
      if (!isFirst) table.norm(`${block}.post_feedforward_layernorm`, hidden);
    },
    slidingWindows: slidingWindows(config),
  });
}

/**
 * Gemma 1 to 3: heads wider than the hidden size leaves them; from Gemma 2 on normalisations also behind attention and
 * feed-forward network, and windows. Of Gemma 3's multimodal models only the text tower is counted.
 */
export const gemma: StructureReader = {
  id: 'gemma',
  modelTypes: ['gemma', 'gemma2', 'gemma3_text', 'gemma3'],
  read,
};
