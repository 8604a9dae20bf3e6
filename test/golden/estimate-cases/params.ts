import {
  countActiveParameters,
  countParameters,
  type ModelShape,
  type ModelStructure,
} from '../../../src/core/architectures/index.js';
import { mixedWeights } from '../../../src/core/memory/index.js';
import { readModelStructure } from '../../../src/core/model-structures/index.js';
import { answers, Unanswered, type CaseInput } from './case-input.js';
import { cardModels, structureNamed, type CardModel } from './models.js';

/**
 * What a case may say of a shape, and what a card's configuration says of it. `tied` is no part of it: a case may ask
 * for the same model with its output matrix apart. Nor is `bias`, which no shape holds: it decides the family where no
 * card fits.
 */
const FIELDS: Readonly<Record<string, (model: CardModel) => readonly unknown[]>> = {
  type: ({ structure }) => [structure.shape.kind],
  layers: ({ structure: { shape } }) => [shape.layers, shape.layers + shape.encoderLayers],
  encoder_layers: ({ structure: { shape } }) => [shape.encoderLayers],
  decoder_layers: ({ structure: { shape } }) => [shape.layers],
  hidden: ({ structure }) => [structure.shape.hidden],
  heads: ({ structure }) => [structure.shape.heads],
  kv_heads: ({ structure }) => [structure.shape.kvHeads],
  head_dim: ({ structure }) => [structure.shape.headDimension],
  ffn: ({ structure: { shape } }) => [shape.feedForward, shape.experts?.feedForward],
  vocab: ({ structure }) => [structure.shape.vocabulary],
  context: ({ card, structure }) => [card.context, structure.shape.contextLength],
  n_experts: ({ structure }) => [structure.shape.experts?.count],
  experts: ({ structure }) => [structure.shape.experts?.count],
  top_k: ({ structure }) => [structure.shape.experts?.perToken],
  moe_ffn: ({ structure }) => [structure.shape.experts?.feedForward],
  qk_norm: ({ structure }) => [structure.parameters.some(({ name }) => /\b[qk]_norm\b/.test(name))],
};

const DESCRIPTIONS = ['bias', 'tied', 'positions', 'activation', 'norm', 'family'];

/**
 * Fields to overlook, one set after the other, where no card has them all: sources count positions differently (a
 * model's window may be less than its configuration has room for), and rows of the embedding (Gemma 3 knows 262,144
 * tokens and has 262,208 rows).
 */
const OVERLOOKED: readonly (readonly string[])[] = [[], ['context'], ['vocab'], ['context', 'vocab']];

/** The card of this shape: it says what of a parallel, multi-query or encoder-decoder model the fields do not. */
async function cardOf(input: CaseInput): Promise<CardModel | undefined> {
  const given = Object.keys(FIELDS).filter((key) => input.has(key));
  const models = await cardModels();
  for (const overlooked of OVERLOOKED) {
    const keys = given.filter((key) => !overlooked.includes(key));
    const fitting = models.filter((model) =>
      keys.every((key) => FIELDS[key]!(model).includes(input.value(key))),
    );
    if (fitting.length > 0) {
      return new Set(fitting.map(({ count }) => count)).size === 1 ? fitting[0] : undefined;
    }
  }
  return undefined;
}

/** The configuration that a bare description means, where no published model has that shape. */
function configOf(input: CaseInput): Record<string, unknown> {
  const common = {
    vocab_size: input.number('vocab'),
    hidden_size: input.number('hidden'),
    num_attention_heads: input.number('heads'),
    max_position_embeddings: input.numberOr(2048, 'context'),
    tie_word_embeddings: input.flag('tied'),
  };
  const layers = input.number('layers');
  const hasBias = input.value('bias') === true;
  const type = input.textOr('decoder', 'type');
  if (type === 'encoder') {
    return { ...common, model_type: 'bert', num_hidden_layers: layers, intermediate_size: input.number('ffn') };
  }
  if (type === 'encoder-decoder') {
    const half = layers / 2;
    return hasBias
      ? {
          ...{ model_type: 'bart', vocab_size: common.vocab_size, d_model: common.hidden_size },
          ...{ encoder_layers: half, decoder_layers: half },
          ...{ encoder_attention_heads: common.num_attention_heads, encoder_ffn_dim: input.number('ffn') },
          ...{ decoder_attention_heads: common.num_attention_heads, decoder_ffn_dim: input.number('ffn') },
          max_position_embeddings: common.max_position_embeddings,
        }
      : {
          ...{ model_type: 't5', vocab_size: common.vocab_size, d_model: common.hidden_size },
          ...{ num_layers: half, num_decoder_layers: half, num_heads: common.num_attention_heads },
          ...{ d_kv: input.number('head_dim'), d_ff: input.number('ffn') },
          feed_forward_proj: common.tie_word_embeddings ? 'relu' : 'gated-gelu',
          tie_word_embeddings: common.tie_word_embeddings,
        };
  }
  if (hasBias) {
    const [n_layer, n_head] = [layers, common.num_attention_heads];
    if (/alibi/i.test(input.textOr('learned', 'positions'))) {
      return { ...common, model_type: 'bloom', n_layer, n_head };
    }
    return {
      ...{ model_type: 'gpt2', n_layer, n_head, n_embd: common.hidden_size, n_inner: input.number('ffn') },
      ...{ n_positions: common.max_position_embeddings, vocab_size: common.vocab_size },
      tie_word_embeddings: common.tie_word_embeddings,
    };
  }
  const decoder = {
    ...common,
    num_hidden_layers: layers,
    num_key_value_heads: input.numberOr(common.num_attention_heads, 'kv_heads'),
    head_dim: input.numberOr(common.hidden_size / common.num_attention_heads, 'head_dim'),
    intermediate_size: input.number('ffn'),
  };
  if (input.has('n_experts')) {
    return {
      ...{ ...decoder, model_type: 'mixtral', num_local_experts: input.number('n_experts') },
      ...{ intermediate_size: input.number('moe_ffn', 'ffn'), num_experts_per_tok: input.numberOr(2, 'top_k') },
    };
  }
  if (input.flag('qk_norm')) return { ...decoder, model_type: 'qwen3' };
  return { ...decoder, model_type: input.textOr('', 'bias').startsWith('qkv') ? 'qwen2' : 'llama' };
}

/** The weights that a case describes. */
async function structureOf(input: CaseInput): Promise<ModelStructure> {
  if (input.has('model')) return structureNamed(input.text('model'));
  input.pass(...DESCRIPTIONS);
  const found = await cardOf(input);
  if (found === undefined) return readModelStructure(configOf(input));
  const { card, structure } = found;
  const { tiedEmbeddings, vocabulary } = structure.shape;
  const isTied = input.has('tied') ? input.flag('tied') : tiedEmbeddings;
  const rows = input.numberOr(vocabulary, 'vocab');
  if (isTied === tiedEmbeddings && rows === vocabulary) return structure;
  return readModelStructure({ ...card.config, tie_word_embeddings: isTied, vocab_size: rows });
}

/** The published model of this count, with the shape that the case mentions. */
async function shapeOfCount(input: CaseInput): Promise<ModelShape> {
  const parameters = input.number('params');
  const found = (await cardModels()).find(({ count }) => count === parameters);
  if (found === undefined) throw new Unanswered(`what a model of ${parameters} parameters stores`);
  return found.structure.shape;
}

/** Values in a checkpoint that are no parameters: rotary frequencies of every layer, or a tied matrix once more. */
async function storedTotal(input: CaseInput): Promise<number> {
  const parameters = input.number('params');
  const shape = await shapeOfCount(input);
  input.pass('tied');
  const stated: readonly (readonly [key: string, ofShape: number])[] = [
    ['layers', shape.layers],
    ['inv_freq', shape.headDimension / 2],
    ['vocab', shape.vocabulary],
    ['hidden', shape.hidden],
  ];
  for (const [key, ofShape] of stated) {
    if (input.numberOr(ofShape, key) !== ofShape) throw new Unanswered(`another ${key} of this model`);
  }
  if (input.has('inv_freq')) return parameters + (shape.layers * shape.headDimension) / 2;
  const { elements } = mixedWeights('Q8_0', parameters, shape, { storesTiedHead: true });
  return [...elements.values()].reduce((sum, count) => sum + count, 0);
}

export const params = answers({
  params: async (input) => countParameters((await structureOf(input)).parameters),
  total: async (input) => countParameters((await structureOf(input)).parameters),
  active: async (input) => countActiveParameters(await structureOf(input)),
  active_params: async (input) => countActiveParameters(await structureOf(input)),
  stored_total: storedTotal,
});
