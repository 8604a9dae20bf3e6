import { z } from 'zod';
import type { Experts, ModelStructure } from '../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../architectures/bounds.js';
import type { AttentionWidths } from './blocks.js';
import { decoderShape } from './shape.js';
import { WeightTable } from './weight-table.js';

/** transformers' defaults for the fields of `decoderFields`. */
interface DecoderDefaults {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** As many as attention heads unless given. */
  readonly num_key_value_heads?: number;
  /** What the hidden size leaves to each head unless given. */
  readonly head_dim?: number;
  readonly max_position_embeddings: number;
  readonly tie_word_embeddings: boolean;
}

/** The fields that decoders with LLaMA's names have in common. */
export function decoderFields(defaults: DecoderDefaults) {
  return {
    vocab_size: vocabularySize.default(defaults.vocab_size),
    hidden_size: width.default(defaults.hidden_size),
    intermediate_size: width.default(defaults.intermediate_size),
    num_hidden_layers: layerCount.default(defaults.num_hidden_layers),
    num_attention_heads: width.default(defaults.num_attention_heads),
    num_key_value_heads: width.nullable().default(defaults.num_key_value_heads ?? null),
    head_dim: width.nullable().default(defaults.head_dim ?? null),
    max_position_embeddings: positionCount.default(defaults.max_position_embeddings),
    tie_word_embeddings: z.boolean().default(defaults.tie_word_embeddings),
  };
}

type DecoderConfig = z.output<z.ZodObject<ReturnType<typeof decoderFields>>>;

/** Which of those fields heads must divide. */
export const DECODER_HEADS = {
  hidden: 'hidden_size',
  heads: 'num_attention_heads',
  kvHeads: 'num_key_value_heads',
  headDimension: 'head_dim',
} as const;

/** What a family adds to the fields they have in common. */
interface DecoderFamily {
  readonly architecture: string;
  /** Lists the weights of one layer, whose names start with `block`. */
  addLayer(table: WeightTable, block: string, widths: AttentionWidths, layer: number): void;
  /** Every normalisation has a bias, as LayerNorm does. */
  readonly normBias?: boolean;
  /** The output matrix, which then is not tied, has a bias. */
  readonly headBias?: boolean;
  /** Name of the last normalisation. */
  readonly finalNorm?: string;
  readonly feedForwardMatrices?: 2 | 3;
  readonly slidingWindows?: readonly (number | undefined)[];
  readonly experts?: Experts;
}

/** The structure of a decoder with LLaMA's names: embedding, layers, normalisation and, unless tied, output matrix. */
export function describeDecoder(config: DecoderConfig, family: DecoderFamily): ModelStructure {
  const { hidden_size: hidden, num_attention_heads: heads, num_hidden_layers: layers } = config;
  const widths: AttentionWidths = {
    hidden,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headDimension: config.head_dim ?? hidden / heads,
  };
  const table = new WeightTable();
  table.matrix('model.embed_tokens', config.vocab_size, hidden);
  for (let layer = 0; layer < layers; layer++) {
    family.addLayer(table, `model.layers.${layer}`, widths, layer);
  }
  table.norm(family.finalNorm ?? 'model.norm', hidden, { bias: family.normBias ?? false });
  if (!config.tie_word_embeddings) table.matrix('lm_head', config.vocab_size, hidden);
  if (family.headBias) table.tensor('lm_head.bias', [config.vocab_size]);
  const { slidingWindows, experts } = family;
  return {
    architecture: family.architecture,
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: decoderShape({
      layers,
      ...widths,
      feedForward: config.intermediate_size,
      feedForwardMatrices: family.feedForwardMatrices ?? 3,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      tiedEmbeddings: config.tie_word_embeddings,
      ...(slidingWindows === undefined ? {} : { slidingWindows }),
      experts,
    }),
  };
}
