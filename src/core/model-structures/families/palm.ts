import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addGatedFeedForward } from '../blocks.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(256_000),
    hidden_size: width,
    num_hidden_layers: layerCount,
    num_attention_heads: width,
    head_dim: width.default(256),
    intermediate_size: width.nullish(),
    max_position_embeddings: positionCount.default(2048),
  })
  .loose();

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const inner = config.intermediate_size ?? 4 * hidden;
  const widths = { hidden, heads: config.num_attention_heads, kvHeads: 1, headDimension: config.head_dim };
  const table = new WeightTable();
  table.matrix('embed_tokens', config.vocab_size, hidden);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `layers.${layer}`;
    table.norm(`${block}.norm`, hidden);
    addAttention(table, `${block}.self_attn`, widths);
    addGatedFeedForward(table, `${block}.mlp`, hidden, inner);
  }
  table.norm('norm', hidden);
  return {
    architecture: 'palm',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.num_hidden_layers,
      ...widths,
      feedForward: inner,
      feedForwardMatrices: 3,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      tiedEmbeddings: true,
    }),
  };
}

/**
 * PaLM (Chowdhery et al. 2022, section 2): attention with one key/value head beside a SwiGLU network, one normalisation
 * with a gain for both, no biases, a tied output matrix. No weights were published, so the names of fields and tensors
 * are this toolkit's, after LLaMA's: `hidden_size`, `num_hidden_layers` and `num_attention_heads` (Table 1: width, layers
 * and heads), and where they differ from the paper's `vocab_size` (256,000), `head_dim` (256), `intermediate_size`
 * (4 x width) and `max_position_embeddings` (2,048).
 */
export const palm: StructureReader = { id: 'palm', modelTypes: ['palm'], read };
