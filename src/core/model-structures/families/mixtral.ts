import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { expertCount, positionCount } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addExperts } from '../blocks.js';
import { checkExperts, checkHeads, withPublishedNames } from '../config-fields.js';
import { DECODER_HEADS, decoderFields, describeDecoder } from '../decoder.js';
import { windows } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';

const schema = z
  .object({
    ...decoderFields({
      vocab_size: 32_000,
      hidden_size: 4096,
      intermediate_size: 14_336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      max_position_embeddings: 131_072,
      tie_word_embeddings: false,
    }),
    sliding_window: positionCount.nullish(),
    num_local_experts: expertCount.default(8),
    num_experts_per_tok: expertCount.default(2),
  })
  .loose()
  .superRefine(checkHeads(DECODER_HEADS))
  .superRefine(checkExperts('num_local_experts'));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, { num_experts: 'num_local_experts' }));
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers } = config;
  const count = config.num_local_experts;
  return describeDecoder(config, {
    architecture: 'mixtral',
    addLayer(table, block, widths) {
      table.norm(`${block}.input_layernorm`, hidden);
      addAttention(table, `${block}.self_attn`, widths);
      table.norm(`${block}.post_attention_layernorm`, hidden);
      const module = `${block}.block_sparse_moe`;
      table.matrix(`${module}.gate`, count, hidden);
      addExperts(table, `${module}.experts`, count, hidden, inner, ['w1', 'w3', 'w2']);
    },
    slidingWindows: windows(layers, config.sliding_window),
    experts: {
      count,
      perToken: config.num_experts_per_tok,
      feedForward: inner,
      layers,
      sharedFeedForward: 0,
    },
  });
}

/** Mixtral (Jiang et al. 2024): Mistral with experts in every layer. */
export const mixtral: StructureReader = { id: 'mixtral', modelTypes: ['mixtral'], read };
