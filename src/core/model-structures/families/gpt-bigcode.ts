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
    vocab_size: vocabularySize.default(50_257),
    n_positions: positionCount.default(1024),
    n_embd: width.default(768),
    n_layer: layerCount.default(12),
    n_head: width.default(12),
    n_inner: width.nullish(),
    multi_query: z.boolean().default(true),
    add_cross_attention: z.literal(false, 'cross-attention is not described').default(false),
    tie_word_embeddings: z.boolean().default(true),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'n_embd', heads: 'n_head' }));

/** Names that transformers reads as well. */
const ALIASES = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
};

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, ALIASES));
  const hidden = config.n_embd;
  const inner = config.n_inner ?? 4 * hidden;
  const kvHeads = config.multi_query ? 1 : config.n_head;
  const bias = { bias: true };
  const table = new WeightTable();
  table.matrix('transformer.wte', config.vocab_size, hidden);
  table.matrix('transformer.wpe', config.n_positions, hidden);
  for (let layer = 0; layer < config.n_layer; layer++) {
    const block = `transformer.h.${layer}`;
    table.norm(`${block}.ln_1`, hidden, bias);
    table.linear(`${block}.attn.c_attn`, hidden, hidden + 2 * kvHeads * (hidden / config.n_head), bias);
    table.linear(`${block}.attn.c_proj`, hidden, hidden, bias);
    table.norm(`${block}.ln_2`, hidden, bias);
    addFeedForward(table, [`${block}.mlp.c_fc`, `${block}.mlp.c_proj`], hidden, inner, bias);
  }
  table.norm('transformer.ln_f', hidden, bias);
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, hidden);
  return {
    architecture: 'gpt-bigcode',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.n_layer,
      hidden,
      heads: config.n_head,
      kvHeads,
      feedForward: inner,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.n_positions,
      tiedEmbeddings: config.tie_word_embeddings,
    }),
  };
}

/** SantaCoder and StarCoder (Li et al. 2023): GPT-2 with one key/value head, its weights stored [outputs, inputs]. */
export const gptBigcode: StructureReader = { id: 'gpt-bigcode', modelTypes: ['gpt_bigcode'], read };
