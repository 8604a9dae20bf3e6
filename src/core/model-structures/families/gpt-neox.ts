import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addFeedForward } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(50_432),
    hidden_size: width.default(6144),
    num_hidden_layers: layerCount.default(44),
    num_attention_heads: width.default(64),
    intermediate_size: width.default(24_576),
    max_position_embeddings: positionCount.default(2048),
    attention_bias: z.boolean().default(true),
    tie_word_embeddings: z.boolean().default(false),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'hidden_size', heads: 'num_attention_heads' }));

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const attentionBias = { bias: config.attention_bias };
  const bias = { bias: true };
  const table = new WeightTable();
  table.matrix('gpt_neox.embed_in', config.vocab_size, hidden);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `gpt_neox.layers.${layer}`;
    table.norm(`${block}.input_layernorm`, hidden, bias);
    table.linear(`${block}.attention.query_key_value`, hidden, 3 * hidden, attentionBias);
    table.linear(`${block}.attention.dense`, hidden, hidden, attentionBias);
    table.norm(`${block}.post_attention_layernorm`, hidden, bias);
    const modules = [`${block}.mlp.dense_h_to_4h`, `${block}.mlp.dense_4h_to_h`] as const;
    addFeedForward(table, modules, hidden, config.intermediate_size, bias);
  }
  table.norm('gpt_neox.final_layer_norm', hidden, bias);
  if (!config.tie_word_embeddings) table.matrix('embed_out', config.vocab_size, hidden);
  return {
    architecture: 'gpt-neox',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.num_hidden_layers,
      hidden,
      heads: config.num_attention_heads,
      feedForward: config.intermediate_size,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      tiedEmbeddings: config.tie_word_embeddings,
    }),
  };
}

/** GPT-NeoX-20B (Black et al. 2022) and Pythia (Biderman et al. 2023). */
export const gptNeox: StructureReader = { id: 'gpt-neox', modelTypes: ['gpt_neox'], read };
