import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addFeedForward } from '../blocks.js';
import { checkHeads, withPublishedNames } from '../config-fields.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(250_880),
    hidden_size: width.default(64),
    n_layer: layerCount.default(2),
    n_head: width.default(8),
    // What it was trained on; ALiBi sets no limit.
    seq_length: positionCount.default(2048),
    tie_word_embeddings: z.boolean().default(true),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'hidden_size', heads: 'n_head' }));

/** Names that published configurations use as well. */
const ALIASES = { n_embed: 'hidden_size', num_hidden_layers: 'n_layer', num_attention_heads: 'n_head' };

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, ALIASES));
  const hidden = config.hidden_size;
  const bias = { bias: true };
  const table = new WeightTable();
  table.matrix('transformer.word_embeddings', config.vocab_size, hidden);
  table.norm('transformer.word_embeddings_layernorm', hidden, bias);
  for (let layer = 0; layer < config.n_layer; layer++) {
    const block = `transformer.h.${layer}`;
    table.norm(`${block}.input_layernorm`, hidden, bias);
    table.linear(`${block}.self_attention.query_key_value`, hidden, 3 * hidden, bias);
    table.linear(`${block}.self_attention.dense`, hidden, hidden, bias);
    table.norm(`${block}.post_attention_layernorm`, hidden, bias);
    const modules = [`${block}.mlp.dense_h_to_4h`, `${block}.mlp.dense_4h_to_h`] as const;
    addFeedForward(table, modules, hidden, 4 * hidden, bias);
  }
  table.norm('transformer.ln_f', hidden, bias);
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, hidden);
  return {
    architecture: 'bloom',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.n_layer,
      hidden,
      heads: config.n_head,
      feedForward: 4 * hidden,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.seq_length,
      tiedEmbeddings: config.tie_word_embeddings,
    }),
  };
}

/** BLOOM (Le Scao et al. 2022) and models of its shape, such as BloombergGPT: ALiBi, so no table of positions. */
export const bloom: StructureReader = { id: 'bloom', modelTypes: ['bloom'], read };
