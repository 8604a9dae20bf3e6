import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward, type AttentionNames } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { decoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const schema = z
  .object({
    vocab_size: vocabularySize.default(50_265),
    d_model: width.default(1024),
    encoder_layers: layerCount.default(12),
    decoder_layers: layerCount.default(12),
    encoder_attention_heads: width.default(16),
    decoder_attention_heads: width.default(16),
    encoder_ffn_dim: width.default(4096),
    decoder_ffn_dim: width.default(4096),
    max_position_embeddings: positionCount.default(1024),
    tie_word_embeddings: z.literal(true, 'embeddings of their own are not described').default(true),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'd_model', heads: 'encoder_attention_heads' }))
  .superRefine(checkHeads({ hidden: 'd_model', heads: 'decoder_attention_heads' }));

/** Rows before those of the positions, left over from the padding id. */
const RESERVED_POSITIONS = 2;
const NAMES: AttentionNames = ['q_proj', 'k_proj', 'v_proj', 'out_proj'];

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.d_model;
  const bias = { bias: true };
  const table = new WeightTable();
  const addHalf = (half: string, layers: number, heads: number, inner: number): void => {
    table.matrix(`${half}.embed_positions`, config.max_position_embeddings + RESERVED_POSITIONS, hidden);
    table.norm(`${half}.layernorm_embedding`, hidden, bias);
    const widths = { hidden, heads, kvHeads: heads, headDimension: hidden / heads };
    for (let layer = 0; layer < layers; layer++) {
      const block = `${half}.layers.${layer}`;
      for (const attention of half === 'decoder' ? ['self_attn', 'encoder_attn'] : ['self_attn']) {
        addAttention(table, `${block}.${attention}`, widths, { bias: true, names: NAMES });
        table.norm(`${block}.${attention}_layer_norm`, hidden, bias);
      }
      addFeedForward(table, [`${block}.fc1`, `${block}.fc2`], hidden, inner, bias);
      table.norm(`${block}.final_layer_norm`, hidden, bias);
    }
  };
  table.matrix('shared', config.vocab_size, hidden);
  addHalf('encoder', config.encoder_layers, config.encoder_attention_heads, config.encoder_ffn_dim);
  addHalf('decoder', config.decoder_layers, config.decoder_attention_heads, config.decoder_ffn_dim);
  return {
    architecture: 'bart',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: {
      ...decoderShape({
        layers: config.decoder_layers,
        hidden,
        heads: config.decoder_attention_heads,
        feedForward: config.decoder_ffn_dim,
        feedForwardMatrices: 2,
        vocabulary: config.vocab_size,
        contextLength: config.max_position_embeddings,
        tiedEmbeddings: true,
      }),
      kind: 'encoder-decoder',
      encoderLayers: config.encoder_layers,
    },
  };
}

/** BART (Lewis et al. 2019), as transformers' `BartModel` has it: one embedding for both halves and for the output. */
export const bart: StructureReader = { id: 'bart', modelTypes: ['bart'], read };
