import { z } from 'zod';
import type { ModelStructure } from '../../architectures/architecture.js';
import { layerCount, positionCount, vocabularySize, width } from '../../architectures/bounds.js';
import { readConfig } from '../../architectures/read-config.js';
import { addAttention, addFeedForward } from '../blocks.js';
import { checkHeads } from '../config-fields.js';
import { encoderShape } from '../shape.js';
import type { StructureReader } from '../structure-reader.js';
import { WeightTable } from '../weight-table.js';

const ROBERTA_TYPES = ['roberta', 'xlm-roberta'];

const schema = z
  .object({
    model_type: z.string(),
    vocab_size: vocabularySize.optional(),
    hidden_size: width.default(768),
    num_hidden_layers: layerCount.default(12),
    num_attention_heads: width.default(12),
    intermediate_size: width.default(3072),
    max_position_embeddings: positionCount.default(512),
    type_vocab_size: width.default(2),
    pad_token_id: z.number().int().nonnegative().nullish(),
    is_decoder: z.literal(false, 'a decoder of this family is not described').default(false),
    add_cross_attention: z.literal(false, 'cross-attention is not described').default(false),
  })
  .loose()
  .superRefine(checkHeads({ hidden: 'hidden_size', heads: 'num_attention_heads' }))
  .transform((config, problems) => {
    // RoBERTa counts positions from behind the padding id, whose row and those before it stay unused.
    const reserved = ROBERTA_TYPES.includes(config.model_type) ? (config.pad_token_id ?? 1) + 1 : 0;
    const contextLength = config.max_position_embeddings - reserved;
    if (contextLength < 1) {
      problems.addIssue({
        code: 'custom',
        path: ['max_position_embeddings'],
        message: `leaves no position beside ${reserved} reserved ones`,
      });
    }
    return { ...config, contextLength };
  });

/** transformers' default vocabularies. */
const DEFAULT_VOCABULARY: Readonly<Record<string, number>> = {
  bert: 30_522,
  roberta: 50_265,
  'xlm-roberta': 30_522,
};

function read(raw: Readonly<Record<string, unknown>>): ModelStructure {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const heads = config.num_attention_heads;
  const vocabulary = config.vocab_size ?? DEFAULT_VOCABULARY[config.model_type]!;
  const table = new WeightTable();
  table.matrix('embeddings.word_embeddings', vocabulary, hidden);
  table.matrix('embeddings.position_embeddings', config.max_position_embeddings, hidden);
  table.matrix('embeddings.token_type_embeddings', config.type_vocab_size, hidden);
  table.norm('embeddings.LayerNorm', hidden, { bias: true });
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `encoder.layer.${layer}`;
    addAttention(
      table,
      `${block}.attention`,
      { hidden, heads, kvHeads: heads, headDimension: hidden / heads },
      { bias: true, names: ['self.query', 'self.key', 'self.value', 'output.dense'] },
    );
    table.norm(`${block}.attention.output.LayerNorm`, hidden, { bias: true });
    addFeedForward(
      table,
      [`${block}.intermediate.dense`, `${block}.output.dense`],
      hidden,
      config.intermediate_size,
      { bias: true },
    );
    table.norm(`${block}.output.LayerNorm`, hidden, { bias: true });
  }
  table.tensor('pooler.dense.weight', [hidden, hidden]);
  table.tensor('pooler.dense.bias', [hidden]);
  return {
    architecture: 'bert',
    parameters: table.parameters,
    linearLayers: table.linearLayers,
    shape: encoderShape({
      layers: config.num_hidden_layers,
      hidden,
      heads,
      feedForward: config.intermediate_size,
      feedForwardMatrices: 2,
      vocabulary,
      contextLength: config.contextLength,
      tiedEmbeddings: true,
    }),
  };
}

/**
 * BERT (Devlin et al. 2018), RoBERTa (Liu et al. 2019) and XLM-RoBERTa: the encoder with its pooler, as transformers'
 * `BertModel` has it, without the heads of its pre-training. Checkpoints with a head put `bert.` or `roberta.` before
 * these names.
 */
export const bert: StructureReader = { id: 'bert', modelTypes: ['bert', ...ROBERTA_TYPES], read };
