import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward, addGatedFeedForward, type AttentionNames } from '../blocks.js';
import { withPublishedNames } from '../config-fields.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(32_128),
    d_model: width.default(512),
    d_kv: width.default(64),
    d_ff: width.default(2048),
    num_layers: layerCount.default(6),
    num_decoder_layers: layerCount.nullish(),
    num_heads: width.default(8),
    relative_attention_num_buckets: width.default(32),
    feed_forward_proj: z
      .string()
      .regex(/^(gated-)?[^-]+$/, 'is neither an activation nor gated-<activation>')
      .default('relu'),
    tie_word_embeddings: z.boolean().default(true),
    // Tokens seen in pre-training; relative positions set no limit.
    n_positions: positionCount.default(512),
  })
  .loose();

/** Names that transformers reads as well. */
const ALIASES = {
  hidden_size: 'd_model',
  num_attention_heads: 'num_heads',
  num_hidden_layers: 'num_layers',
  head_dim: 'd_kv',
};
const NAMES: AttentionNames = ['q', 'k', 'v', 'o'];

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, withPublishedNames(raw, ALIASES));
  const hidden = config.d_model;
  const heads = config.num_heads;
  const decoderLayers = config.num_decoder_layers ?? config.num_layers;
  const gated = config.feed_forward_proj.startsWith('gated-');
  const widths = { hidden, heads, kvHeads: heads, headDimension: config.d_kv };
  const table = new WeightTable();
  const addHalf = (half: string, layers: number, attentions: readonly string[]): void => {
    for (let layer = 0; layer < layers; layer++) {
      const block = `${half}.block.${layer}.layer`;
      for (const [index, attention] of attentions.entries()) {
        addAttention(table, `${block}.${index}.${attention}`, widths, { names: NAMES });
        // The first layer's position bias serves all layers of its half.
        if (layer === 0 && index === 0) {
          const module = `${block}.${index}.${attention}.relative_attention_bias`;
          table.matrix(module, config.relative_attention_num_buckets, heads);
        }
        table.norm(`${block}.${index}.layer_norm`, hidden);
      }
      const last = `${block}.${attentions.length}`;
      const module = `${last}.DenseReluDense`;
      if (gated) {
        addGatedFeedForward(table, module, hidden, config.d_ff, { names: ['wi_0', 'wi_1', 'wo'] });
      } else {
        addFeedForward(table, [`${module}.wi`, `${module}.wo`], hidden, config.d_ff);
      }
      table.norm(`${last}.layer_norm`, hidden);
    }
    table.norm(`${half}.final_layer_norm`, hidden);
  };
  table.matrix('shared', config.vocab_size, hidden);
  addHalf('encoder', config.num_layers, ['SelfAttention']);
  addHalf('decoder', decoderLayers, ['SelfAttention', 'EncDecAttention']);
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, hidden);
  return {
    architecture: 't5',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: {
      ...decoderShape({
        layers: decoderLayers,
        hidden,
        heads,
        headDimension: config.d_kv,
        feedForward: config.d_ff,
        feedForwardMatrices: gated ? 3 : 2,
        vocabulary: config.vocab_size,
        contextLength: config.n_positions,
        tiedEmbeddings: config.tie_word_embeddings,
      }),
      kind: 'encoder-decoder',
      encoderLayers: config.num_layers,
    },
  };
}

/**
 * T5 1.0 (Raffel et al. 2019), and T5 1.1 and FLAN-T5 with a gated feed-forward network and an output matrix of their
 * own. transformers 5 ties that matrix when it loads them; the checkpoints store it, and it is counted here.
 */
export const t5: StructureReader = { id: 't5', modelTypes: ['t5'], read };
