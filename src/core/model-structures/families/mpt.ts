import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addFeedForward } from '../blocks.js';
import { checkHeads, withPublishedNames } from '../config-fields.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

/** Width of the feed-forward network for one of the hidden size. */
const FEED_FORWARD_RATIO = 4;

const schema = z
  .object({
    vocab_size: vocabularySize.default(50_368),
    d_model: width.default(2048),
    n_layers: layerCount.default(24),
    n_heads: width.default(16),
    expansion_ratio: z
      .literal(FEED_FORWARD_RATIO, 'is not 4, which transformers takes for granted')
      .default(FEED_FORWARD_RATIO),
    max_seq_len: positionCount.default(2048),
    no_bias: z.literal(true, 'biases are not described').default(true),
    attn_config: z
      .object({
        attn_type: z.literal('multihead_attention', 'is not described').default('multihead_attention'),
        qk_ln: z.literal(false, 'normalised queries and keys are not described').default(false),
        alibi: z.literal(true, 'learned positions are not described').default(true),
      })
      .loose()
      .nullish(),
    tie_word_embeddings: z.boolean().default(true),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'd_model', heads: 'n_heads' }));

/** Names that transformers reads as well. */
const ALIASES = { hidden_size: 'd_model', num_attention_heads: 'n_heads', num_hidden_layers: 'n_layers' };

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, ALIASES));
  const hidden = config.d_model;
  const inner = FEED_FORWARD_RATIO * hidden;
  const table = new WeightTable();
  table.matrix('transformer.wte', config.vocab_size, hidden);
  for (let layer = 0; layer < config.n_layers; layer++) {
    const block = `transformer.blocks.${layer}`;
    table.norm(`${block}.norm_1`, hidden);
    table.linear(`${block}.attn.Wqkv`, hidden, 3 * hidden);
    table.linear(`${block}.attn.out_proj`, hidden, hidden);
    table.norm(`${block}.norm_2`, hidden);
    addFeedForward(table, [`${block}.ffn.up_proj`, `${block}.ffn.down_proj`], hidden, inner);
  }
  table.norm('transformer.norm_f', hidden);
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, hidden);
  return {
    architecture: 'mpt',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.n_layers,
      hidden,
      heads: config.n_heads,
      feedForward: inner,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.max_seq_len,
      tiedEmbeddings: config.tie_word_embeddings,
    }),
  };
}

/** MPT (MosaicML 2023): ALiBi and no biases anywhere. */
export const mpt: StructureReader = { id: 'mpt', modelTypes: ['mpt'], read };
