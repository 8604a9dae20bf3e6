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
    vocab_size: vocabularySize.default(65_024),
    hidden_size: width.default(4544),
    num_hidden_layers: layerCount.default(32),
    num_attention_heads: width.default(71),
    num_kv_heads: width.nullish(),
    num_ln_in_parallel_attn: z.union([z.literal(1), z.literal(2)]).nullish(),
    new_decoder_architecture: z.boolean().default(false),
    multi_query: z.boolean().default(true),
    parallel_attn: z.boolean().default(true),
    bias: z.boolean().default(false),
    ffn_hidden_size: width.nullish(),
    max_position_embeddings: positionCount.default(2048),
    tie_word_embeddings: z.boolean().default(true),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'hidden_size', heads: 'num_attention_heads', kvHeads: 'num_kv_heads' }));

type Config = z.output<typeof schema>;

/** Falcon-7B shares one key/value head among all, Falcon-40B and later one among a group. */
function keyValueHeads(config: Config): number {
  if (config.new_decoder_architecture) return config.num_kv_heads ?? config.num_attention_heads;
  return config.multi_query ? 1 : config.num_attention_heads;
}

/** The normalisations of one layer: before it, before each of two parallel halves, or before each of two in turn. */
function normNames(config: Config): string[] {
  if (!config.parallel_attn) return ['input_layernorm', 'post_attention_layernorm'];
  const count = config.num_ln_in_parallel_attn ?? (config.new_decoder_architecture ? 2 : 1);
  return count === 2 ? ['ln_attn', 'ln_mlp'] : ['input_layernorm'];
}

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, { n_embed: 'hidden_size' }));
  const { hidden_size: hidden, num_attention_heads: heads, bias } = config;
  const kvHeads = keyValueHeads(config);
  const inner = config.ffn_hidden_size ?? 4 * hidden;
  const table = new WeightTable();
  table.matrix('transformer.word_embeddings', config.vocab_size, hidden);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `transformer.h.${layer}`;
    for (const norm of normNames(config)) table.norm(`${block}.${norm}`, hidden, { bias: true });
    const outputs = hidden + 2 * kvHeads * (hidden / heads);
    table.linear(`${block}.self_attention.query_key_value`, hidden, outputs, { bias });
    table.linear(`${block}.self_attention.dense`, hidden, hidden, { bias });
    const modules = [`${block}.mlp.dense_h_to_4h`, `${block}.mlp.dense_4h_to_h`] as const;
    addFeedForward(table, modules, hidden, inner, { bias });
  }
  table.norm('transformer.ln_f', hidden, { bias: true });
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, hidden);
  return {
    architecture: 'falcon',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.num_hidden_layers,
      hidden,
      heads,
      kvHeads,
      feedForward: inner,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      tiedEmbeddings: config.tie_word_embeddings,
    }),
  };
}

/**
 * Falcon (Almazrouei et al. 2023): 7B, 40B, 180B, and the RW models. The published configurations leave the output
 * matrix tied, as transformers does by default; Falcon-180B's checkpoint stores it a second time.
 */
export const falcon: StructureReader = { id: 'falcon', modelTypes: ['falcon'], read };
