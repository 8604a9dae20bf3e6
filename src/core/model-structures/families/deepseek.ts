import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { expertCount, layerCount, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addExperts, addGatedFeedForward } from '../blocks.js';
import { checkExperts, checkHeads } from '../config-fields.js';
import { decoderFields, describeDecoder } from '../decoder.js';
import type { StructureReader } from '../structure-reader.js';

/** What both generations have; their defaults differ. */
const commonFields = {
  kv_lora_rank: width.default(512),
  q_lora_rank: width.nullable().default(1536),
  qk_nope_head_dim: width.default(128),
  qk_rope_head_dim: width.default(64),
  v_head_dim: width.default(128),
  attention_bias: z.boolean().default(false),
  moe_layer_freq: z.literal(1, 'experts in some of the layers are not described').default(1),
};

const schema = z
  .discriminatedUnion('model_type', [
    z
      .object({
        model_type: z.literal('deepseek_v2'),
        ...decoderFields({
          vocab_size: 102_400,
          hidden_size: 4096,
          intermediate_size: 11_008,
          num_hidden_layers: 32,
          num_attention_heads: 32,
          max_position_embeddings: 2048,
          tie_word_embeddings: false,
        }),
        ...commonFields,
        mlp_bias: z.boolean().default(false),
        first_k_dense_replace: layerCount.or(z.literal(0)).default(0),
        n_routed_experts: expertCount.default(64),
        n_shared_experts: expertCount.default(2),
        num_experts_per_tok: expertCount,
        moe_intermediate_size: width.default(1407),
      })
      .loose(),
    z
      .object({
        model_type: z.literal('deepseek_v3'),
        ...decoderFields({
          vocab_size: 129_280,
          hidden_size: 7168,
          intermediate_size: 18_432,
          num_hidden_layers: 61,
          num_attention_heads: 128,
          num_key_value_heads: 128,
          max_position_embeddings: 4096,
          tie_word_embeddings: false,
        }),
        ...commonFields,
        first_k_dense_replace: layerCount.or(z.literal(0)).default(3),
        n_routed_experts: expertCount.default(256),
        n_shared_experts: expertCount.default(1),
        num_experts_per_tok: expertCount.default(8),
        moe_intermediate_size: width.default(2048),
      })
      .loose(),
  ])
  // The latent attention has dimensions of its own, and keys and values for every head.
  .transform((config) => ({ ...config, num_key_value_heads: null, head_dim: null }))
  .superRefine(checkHeads({ hidden: 'hidden_size', heads: 'num_attention_heads' }))
  .superRefine(checkExperts('n_routed_experts'));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const { hidden_size: hidden, num_attention_heads: heads, n_routed_experts: count } = config;
  const layers = config.num_hidden_layers;
  const { kv_lora_rank: latent, q_lora_rank: queryLatent, qk_rope_head_dim: rotary } = config;
  const headDimension = config.qk_nope_head_dim + rotary;
  const valueDimension = config.v_head_dim;
  const cacheWidth = latent + rotary;
  const shared = config.n_shared_experts * config.moe_intermediate_size;
  const bias = { bias: config.attention_bias };
  const feedForwardBias = { bias: config.model_type === 'deepseek_v2' && config.mlp_bias };
  const structure = describeDecoder(config, {
    architecture: 'deepseek',
    addLayer(table, block, _, layer) {
      table.norm(`${block}.input_layernorm`, hidden);
      const attention = `${block}.self_attn`;
      if (queryLatent === null) {
        table.linear(`${attention}.q_proj`, hidden, heads * headDimension);
      } else {
        table.linear(`${attention}.q_a_proj`, hidden, queryLatent, bias);
        table.norm(`${attention}.q_a_layernorm`, queryLatent);
        table.linear(`${attention}.q_b_proj`, queryLatent, heads * headDimension);
      }
      table.linear(`${attention}.kv_a_proj_with_mqa`, hidden, cacheWidth, bias);
      table.norm(`${attention}.kv_a_layernorm`, latent);
      const keysAndValues = heads * (config.qk_nope_head_dim + valueDimension);
      table.linear(`${attention}.kv_b_proj`, latent, keysAndValues);
      table.linear(`${attention}.o_proj`, heads * valueDimension, hidden, bias);
      table.norm(`${block}.post_attention_layernorm`, hidden);
      const mlp = `${block}.mlp`;
      if (layer < config.first_k_dense_replace) {
        addGatedFeedForward(table, mlp, hidden, config.intermediate_size, feedForwardBias);
        return;
      }
      table.matrix(`${mlp}.gate`, count, hidden);
      if (config.model_type === 'deepseek_v3') table.tensor(`${mlp}.gate.e_score_correction_bias`, [count]);
      addExperts(table, `${mlp}.experts`, count, hidden, config.moe_intermediate_size);
      addGatedFeedForward(table, `${mlp}.shared_experts`, hidden, shared, feedForwardBias);
    },
    experts: {
      count,
      perToken: config.num_experts_per_tok,
      feedForward: config.moe_intermediate_size,
      layers: Math.max(0, layers - config.first_k_dense_replace),
      sharedFeedForward: shared,
    },
  });
  return { ...structure, shape: { ...structure.shape, headDimension, valueDimension, cacheWidth } };
}

/**
 * DeepSeek-V2 and -V3, -R1: multi-head latent attention, which keeps one latent and one rotary key of a position, and
 * routed experts beside shared ones. The module of V3 that predicts a further token (`model.layers.61` of its
 * checkpoint) is left out: it serves training and speculative decoding.
 */
export const deepseek: StructureReader = {
  id: 'deepseek',
  modelTypes: ['deepseek_v2', 'deepseek_v3'],
  read,
};
