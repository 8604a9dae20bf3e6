import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward } from '../blocks.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(32_000),
    hidden_size: width,
    num_hidden_layers: layerCount,
    num_attention_heads: width,
    head_dim: width.default(128),
    intermediate_size: width.nullish(),
    max_position_embeddings: positionCount.default(2048),
  })
  .loose();

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const { hidden_size: hidden, num_attention_heads: heads, head_dim: headDimension } = config;
  const inner = config.intermediate_size ?? 4 * hidden;
  const table = new WeightTable();
  table.matrix('embed_tokens', config.vocab_size, hidden);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `layers.${layer}`;
    table.norm(`${block}.input_layernorm`, hidden);
    addAttention(table, `${block}.self_attn`, { hidden, heads, kvHeads: heads, headDimension });
    // Turns the encoding of a distance into a key, as Transformer-XL does.
    table.matrix(`${block}.self_attn.relative_proj`, heads * headDimension, hidden);
    table.norm(`${block}.post_attention_layernorm`, hidden);
    addFeedForward(table, [`${block}.mlp.up_proj`, `${block}.mlp.down_proj`], hidden, inner);
  }
  table.norm('norm', hidden);
  return {
    architecture: 'gopher',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.num_hidden_layers,
      hidden,
      heads,
      headDimension,
      feedForward: inner,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      tiedEmbeddings: true,
    }),
  };
}

/**
 * Gopher (Rae et al. 2021) and Chinchilla (Hoffmann et al. 2022): RMSNorm, and relative positions as in Transformer-XL
 * (Dai et al. 2019), which give every layer a fifth matrix. No weights were published, so the names of fields and
 * tensors are this toolkit's, after LLaMA's: `hidden_size`, `num_hidden_layers` and `num_attention_heads` (d_model,
 * layers and heads of their tables), and where they differ from the papers' `head_dim` (key/value size, 128),
 * `intermediate_size` (4 x d_model), `vocab_size` (32,000) and `max_position_embeddings` (2,048). The papers do not say
 * whether there are biases or an output matrix of its own: without either the counts are those they print, rounded.
 */
export const gopher: StructureReader = { id: 'gopher', modelTypes: ['gopher'], read };
