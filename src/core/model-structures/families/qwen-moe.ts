import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { expertCount, positionCount, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addExperts, addGatedFeedForward } from '../blocks.js';
import { checkExperts, checkHeads, layerTypes, withPublishedNames } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { fullAttention, windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

/** What both generations have; their defaults differ. */
const COMMON_DEFAULTS = {
  vocab_size: 151_936,
  hidden_size: 2048,
  num_hidden_layers: 24,
  max_position_embeddings: 32_768,
  tie_word_embeddings: false,
} as const;

const commonFields = {
  decoder_sparse_step: z.number().int().positive().default(1),
  mlp_only_layers: z.array(z.number().int().nonnegative()).nullish(),
  use_sliding_window: z.boolean().default(false),
  // transformers writes 0 where windows are off.
  sliding_window: positionCount.or(z.literal(0)).nullable().default(4096),
};

const schema = z.discriminatedUnion('model_type', [
  z
    .object({
      model_type: z.literal('qwen2_moe'),
      ...decoderFields({
        ...COMMON_DEFAULTS,
        intermediate_size: 5632,
        num_attention_heads: 16,
        num_key_value_heads: 16,
      }),
      ...commonFields,
      qkv_bias: z.boolean().default(true),
      max_window_layers: z.number().int().nonnegative().default(28),
      layer_types: layerTypes,
      num_experts: expertCount.default(60),
      num_experts_per_tok: expertCount.default(4),
      moe_intermediate_size: width.default(1408),
      shared_expert_intermediate_size: width.default(5632),
    })
    .loose(),
  z
    .object({
      model_type: z.literal('qwen3_moe'),
      ...decoderFields({
        ...COMMON_DEFAULTS,
        intermediate_size: 6144,
        num_attention_heads: 32,
        num_key_value_heads: 4,
      }),
      ...commonFields,
      attention_bias: z.boolean().default(false),
      num_experts: expertCount.default(128),
      num_experts_per_tok: expertCount.default(8),
      moe_intermediate_size: width.default(768),
    })
    .loose(),
]);

const checked = schema.superRefine(checkHeads(DECODER_HEADS)).superRefine(checkExperts('num_experts'));

type Config = z.output<typeof checked>;

function slidingWindows(config: Config): (number | undefined)[] {
  const layers = config.num_hidden_layers;
  if (!config.use_sliding_window) return fullAttention(layers);
  if (config.model_type === 'qwen3_moe') return windows(layers, config.sliding_window);
  const { layer_types: types, max_window_layers: most } = config;
  return windows(layers, config.sliding_window, (layer) =>
    types ? types[layer] === 'sliding_attention' : layer % 2 === 0 && layer < most,
  );
}

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(checked, withPublishedNames(raw, { num_local_experts: 'num_experts' }));
  const { hidden_size: hidden, num_hidden_layers: layers, num_experts: count } = config;
  const isQwen2 = config.model_type === 'qwen2_moe';
  const shared = isQwen2 ? config.shared_expert_intermediate_size : 0;
  const attention = isQwen2 ? { bias: config.qkv_bias, outputBias: false } : { bias: config.attention_bias };
  const hasExperts = (layer: number): boolean =>
    !config.mlp_only_layers?.includes(layer) && (layer + 1) % config.decoder_sparse_step === 0;
  const expertLayers = [...Array(layers).keys()].filter(hasExperts).length;
  return describeDecoder(config, {
    architecture: 'qwen-moe',
    addLayer(table, block, widths, layer) {
      table.norm(`${block}.input_layernorm`, hidden);
      addAttention(table, `${block}.self_attn`, widths, attention);
      if (!isQwen2) {
        table.norm(`${block}.self_attn.q_norm`, widths.headDimension);
        table.norm(`${block}.self_attn.k_norm`, widths.headDimension);
      }
      table.norm(`${block}.post_attention_layernorm`, hidden);
      if (!hasExperts(layer)) {
        addGatedFeedForward(table, `${block}.mlp`, hidden, config.intermediate_size);
        return;
      }
      table.matrix(`${block}.mlp.gate`, count, hidden);
      addExperts(table, `${block}.mlp.experts`, count, hidden, config.moe_intermediate_size);
      if (shared > 0) {
        addGatedFeedForward(table, `${block}.mlp.shared_expert`, hidden, shared);
        table.matrix(`${block}.mlp.shared_expert_gate`, 1, hidden);
      }
    },
    slidingWindows: slidingWindows(config),
    experts: {
      count,
      perToken: config.num_experts_per_tok,
      feedForward: config.moe_intermediate_size,
      layers: expertLayers,
      sharedFeedForward: shared,
    },
  });
}

/** Qwen1.5-MoE and Qwen2-MoE, with a shared expert, and Qwen3-MoE, with normalised queries and keys. */
export const qwenMoe: StructureReader = { id: 'qwen-moe', modelTypes: ['qwen2_moe', 'qwen3_moe'], read };
