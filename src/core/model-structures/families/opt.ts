import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(50_272),
    hidden_size: width.default(768),
    num_hidden_layers: layerCount.default(12),
    num_attention_heads: width.default(12),
    ffn_dim: width.default(3072),
    max_position_embeddings: positionCount.default(2048),
    word_embed_proj_dim: width.nullish(),
    do_layer_norm_before: z.boolean().default(true),
    _remove_final_layer_norm: z.boolean().default(false),
    enable_bias: z.boolean().default(true),
    layer_norm_elementwise_affine: z.boolean().default(true),
    tie_word_embeddings: z.boolean().default(true),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'hidden_size', heads: 'num_attention_heads' }));

/** Rows before those of the positions, left over from the padding id. */
const RESERVED_POSITIONS = 2;

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  const embedding = config.word_embed_proj_dim ?? hidden;
  const bias = { bias: config.enable_bias };
  const table = new WeightTable();
  const addNorm = (module: string): void => {
    if (config.layer_norm_elementwise_affine) table.norm(module, hidden, { bias: true });
  };
  table.matrix('model.decoder.embed_tokens', config.vocab_size, embedding);
  table.matrix('model.decoder.embed_positions', config.max_position_embeddings + RESERVED_POSITIONS, hidden);
  if (embedding !== hidden) table.matrix('model.decoder.project_in', hidden, embedding);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `model.decoder.layers.${layer}`;
    addAttention(
      table,
      `${block}.self_attn`,
      { hidden, heads, kvHeads: heads, headDimension: hidden / heads },
      { ...bias, names: ['q_proj', 'k_proj', 'v_proj', 'out_proj'] },
    );
    addNorm(`${block}.self_attn_layer_norm`);
    addFeedForward(table, [`${block}.fc1`, `${block}.fc2`], hidden, config.ffn_dim, bias);
    addNorm(`${block}.final_layer_norm`);
  }
  const normalisesLast = config.do_layer_norm_before && !config._remove_final_layer_norm;
  if (normalisesLast) addNorm('model.decoder.final_layer_norm');
  if (embedding !== hidden) table.matrix('model.decoder.project_out', embedding, hidden);
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, embedding);
  return {
    architecture: 'opt',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers: config.num_hidden_layers,
      hidden,
      heads,
      feedForward: config.ffn_dim,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      tiedEmbeddings: config.tie_word_embeddings,
    }),
  };
}

/** OPT (Zhang et al. 2022), of which 350M has a narrower embedding and normalises behind, and Galactica, without biases. */
export const opt: StructureReader = { id: 'opt', modelTypes: ['opt'], read };
