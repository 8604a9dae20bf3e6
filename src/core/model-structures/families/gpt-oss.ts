import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { expertCount, positionCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention } from '../blocks.js';
import { checkExperts, checkHeads, layerTypes, withPublishedNames } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 201_088,
      hidden_size: 2880,
      intermediate_size: 2880,
      num_hidden_layers: 36,
      num_attention_heads: 64,
      num_key_value_heads: 8,
      head_dim: 64,
      max_position_embeddings: 131_072,
      tie_word_embeddings: false,
    }),
    attention_bias: z.boolean().default(true),
    sliding_window: positionCount.nullable().default(128),
    layer_types: layerTypes,
    num_local_experts: expertCount.default(128),
    num_experts_per_tok: expertCount.default(4),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS))
  .superRefine(checkExperts('num_local_experts'));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, { num_experts: 'num_local_experts' }));
  const { hidden_size: hidden, intermediate_size: inner, layer_types: types } = config;
  const count = config.num_local_experts;
  return describeDecoder(config, {
    architecture: 'gpt-oss',
    addLayer(table, block, widths) {
      table.norm(`${block}.input_layernorm`, hidden);
      // A logit per head that takes attention away from every token.
      table.tensor(`${block}.self_attn.sinks`, [widths.heads]);
      addAttention(table, `${block}.self_attn`, widths, { bias: config.attention_bias });
      table.norm(`${block}.post_attention_layernorm`, hidden);
      table.matrix(`${block}.mlp.router`, count, hidden);
      table.tensor(`${block}.mlp.router.bias`, [count]);
      const experts = `${block}.mlp.experts`;
      table.tensor(`${experts}.gate_up_proj`, [count, hidden, 2 * inner], true);
      table.tensor(`${experts}.gate_up_proj_bias`, [count, 2 * inner], true);
      table.tensor(`${experts}.down_proj`, [count, inner, hidden], true);
      table.tensor(`${experts}.down_proj_bias`, [count, hidden], true);
    },
    slidingWindows: windows(config.num_hidden_layers, config.sliding_window, (layer) =>
      types ? types[layer] === 'sliding_attention' : layer % 2 === 0,
    ),
    experts: {
      count,
      perToken: config.num_experts_per_tok,
      feedForward: inner,
      layers: config.num_hidden_layers,
      sharedFeedForward: 0,
    },
  });
}

/**
 * gpt-oss (OpenAI 2025). A layer's experts are one tensor, here as transformers holds it unpacked; the checkpoints store
 * it in 4-bit blocks with their scales. LoRA by module reaches the attention only.
 */
export const gptOss: StructureReader = { id: 'gpt-oss', modelTypes: ['gpt_oss'], read };
