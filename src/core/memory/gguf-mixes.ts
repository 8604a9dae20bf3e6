import type { ModelShape } from '../architectures/architecture.js';
import { GGUF_TYPES, ggufBits, type GgufTypeName } from './gguf-types.js';

/** Where in a model a matrix stands, as far as the choice of its type depends on it. */
export interface MatrixPlace {
  readonly layer: number;
  readonly layers: number;
  /** Heads that share one key/value head. */
  readonly headsPerKvHead: number;
  readonly experts: number;
  /** Belongs to the experts between which tokens are routed. */
  readonly routed: boolean;
}

type Rule = GgufTypeName | ((place: MatrixPlace) => GgufTypeName | undefined);

/** What a file type of llama.cpp stores each kind of matrix in; where a rule says nothing, in `base`. */
interface Mix {
  readonly base: GgufTypeName;
  /** Of two bits or less, where other rules hold for models of eight experts. */
  readonly lowest?: boolean;
  readonly output?: GgufTypeName;
  readonly embedding?: GgufTypeName;
  readonly query?: Rule;
  readonly key?: Rule;
  readonly value?: Rule;
  readonly attentionOutput?: Rule;
  /** Both matrices that widen: gate and up. */
  readonly up?: Rule;
  readonly down?: Rule;
}

/** What a matrix of a layer is for. */
export type MatrixRole = Exclude<keyof Mix, 'base' | 'lowest' | 'output' | 'embedding'>;

/** The largest part of a model that norms, biases and positions are: 0.9 % in GPT-2. */
const VECTOR_SHARE = 0.02;

const inEighths = ({ layers }: MatrixPlace, eighths: number): number => Math.floor((eighths * layers) / 8);
const isFirstEighth = (place: MatrixPlace): boolean => place.layer < inEighths(place, 1);

/** The layers that suffer most: the first and the last eighth, and every third between them. */
const isSensitive = (place: MatrixPlace): boolean =>
  isFirstEighth(place) || place.layer >= inEighths(place, 7) || (place.layer - inEighths(place, 1)) % 3 === 2;

/** Narrow matrices of values cost little, where four heads or more share them. */
const whereShared =
  (shared: GgufTypeName, otherwise?: GgufTypeName): Rule =>
  ({ headsPerKvHead }) =>
    headsPerKvHead >= 4 ? shared : otherwise;
const whereSensitive =
  (type: GgufTypeName): Rule =>
  (place) =>
    isSensitive(place) ? type : undefined;
const inFirstEighth =
  (type: GgufTypeName): Rule =>
  (place) =>
    isFirstEighth(place) ? type : undefined;
const inExperts =
  (type: GgufTypeName): Rule =>
  ({ routed }) =>
    routed ? type : undefined;
const inFirstLayers =
  (count: number, type: GgufTypeName, otherwise?: GgufTypeName): Rule =>
  ({ layer }) =>
    layer < count ? type : otherwise;

/** Two bits and below: what must stay readable is lifted. */
function twoBitMix(base: GgufTypeName, lifted: 'Q2_K' | 'IQ3_S', attentionOutput?: GgufTypeName): Mix {
  return {
    base,
    lowest: true,
    output: 'Q5_K',
    embedding: lifted,
    value: ({ headsPerKvHead, experts }) => (headsPerKvHead >= 4 || experts >= 4 ? 'Q4_K' : lifted),
    down: inFirstEighth(lifted),
    ...(attentionOutput === undefined ? {} : { attentionOutput }),
  };
}

const uniform = (base: GgufTypeName): Mix => ({ base, output: base });

/**
 * The file types of `llama-quantize`, by the choices of its `llama_tensor_get_type` (ggml-org/llama.cpp,
 * src/llama-quant.cpp, 2026) for LLaMA-like models; types below 4 bits as with an importance matrix.
 */
export const GGUF_MIXES = {
  Q8_0: uniform('Q8_0'),
  Q6_K: { base: 'Q6_K' },
  Q5_K_M: { base: 'Q5_K', value: whereSensitive('Q6_K'), down: whereSensitive('Q6_K') },
  Q5_K_S: { base: 'Q5_K' },
  Q5_1: { base: 'Q5_1' },
  Q5_0: { base: 'Q5_0' },
  Q4_K_M: { base: 'Q4_K', value: whereSensitive('Q6_K'), down: whereSensitive('Q6_K') },
  Q4_K_S: { base: 'Q4_K', value: inFirstLayers(4, 'Q5_K'), down: inFirstEighth('Q5_K') },
  Q4_1: { base: 'Q4_1' },
  Q4_0: { base: 'Q4_0' },
  IQ4_NL: { base: 'IQ4_NL', value: whereShared('Q5_K'), down: inFirstEighth('Q5_K') },
  IQ4_XS: { base: 'IQ4_XS', value: whereShared('Q5_K'), down: inFirstEighth('Q5_K') },
  MXFP4_MOE: { base: 'Q8_0', output: 'Q8_0', up: inExperts('MXFP4'), down: inExperts('MXFP4') },
  Q3_K_L: { base: 'Q3_K', value: 'Q5_K', attentionOutput: 'Q5_K', down: 'Q5_K' },
  Q3_K_M: {
    base: 'Q3_K',
    value: inFirstLayers(2, 'Q5_K', 'Q4_K'),
    attentionOutput: 'Q4_K',
    down: ({ layer, layers }) => (layer < Math.floor(layers / 16) ? 'Q5_K' : 'Q4_K'),
  },
  Q3_K_S: { base: 'Q3_K' },
  IQ3_M: { base: 'IQ3_S', value: 'Q4_K', attentionOutput: 'Q4_K', down: inFirstEighth('Q4_K') },
  IQ3_S: { base: 'IQ3_S', value: whereShared('Q4_K') },
  IQ3_XS: {
    base: 'IQ3_S',
    query: 'IQ3_XXS',
    key: 'IQ3_XXS',
    value: whereShared('Q4_K'),
    up: (place) => (isFirstEighth(place) || place.layer >= inEighths(place, 7) ? undefined : 'IQ3_XXS'),
  },
  IQ3_XXS: {
    base: 'IQ3_XXS',
    output: 'Q5_K',
    embedding: 'IQ3_S',
    query: 'IQ2_S',
    key: 'IQ2_S',
    value: whereShared('Q4_K', 'IQ3_XXS'),
    attentionOutput: 'IQ3_S',
  },
  Q2_K: { base: 'Q2_K', value: whereShared('Q4_K', 'Q3_K'), attentionOutput: 'Q3_K', down: 'Q3_K' },
  Q2_K_S: { base: 'Q2_K', value: whereShared('Q4_K'), down: inFirstEighth('Q4_K') },
  IQ2_M: twoBitMix('IQ2_S', 'IQ3_S', 'IQ3_S'),
  IQ2_S: twoBitMix('IQ2_XS', 'IQ3_S', 'IQ3_S'),
  IQ2_XS: twoBitMix('IQ2_XS', 'Q2_K'),
  IQ2_XXS: twoBitMix('IQ2_XXS', 'Q2_K'),
  TQ2_0: { base: 'TQ2_0', embedding: 'Q4_K' },
  TQ1_0: { base: 'TQ1_0', embedding: 'Q4_K' },
  IQ1_M: twoBitMix('IQ1_M', 'Q2_K', 'IQ2_XXS'),
  IQ1_S: twoBitMix('IQ1_S', 'Q2_K', 'IQ2_XXS'),
} satisfies Readonly<Record<string, Mix>>;

/** Name of a file type. */
export type GgufMixName = keyof typeof GGUF_MIXES;

/** What takes over where the width of a matrix is no multiple of a type's block. */
const FALLBACKS: Partial<Record<GgufTypeName, GgufTypeName>> = {
  IQ1_S: 'IQ4_NL',
  IQ1_M: 'IQ4_NL',
  IQ2_XXS: 'IQ4_NL',
  IQ2_XS: 'IQ4_NL',
  IQ2_S: 'IQ4_NL',
  IQ3_XXS: 'IQ4_NL',
  IQ3_S: 'IQ4_NL',
  IQ4_XS: 'IQ4_NL',
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  TQ1_0: 'Q4_0',
  TQ2_0: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

function fits(type: GgufTypeName, width: number): boolean {
  return width % GGUF_TYPES[type].blockElements === 0;
}

function fitting(type: GgufTypeName, width: number): GgufTypeName {
  if (fits(type, width)) return type;
  const fallback = FALLBACKS[type];
  return fallback !== undefined && fits(fallback, width) ? fallback : 'F16';
}

/** File types that also lift attention's output where there are eight experts (Mixtral). */
const LIFTED_WITH_EIGHT_EXPERTS = /^(?:Q2_K|I?Q3_|Q4_K|IQ4)/;

function typeOf(name: GgufMixName, role: MatrixRole, place: MatrixPlace): GgufTypeName {
  const mix: Mix = GGUF_MIXES[name];
  const rule = mix[role];
  const chosen = (typeof rule === 'function' ? rule(place) : rule) ?? mix.base;
  const { lowest = false } = mix;
  if (place.experts === 8) {
    if (role === 'value' || role === 'key') return lowest ? 'Q4_K' : 'Q8_0';
    if (role === 'attentionOutput' && (lowest || LIFTED_WITH_EIGHT_EXPERTS.test(name))) return 'Q5_K';
  }
  // llama.cpp lifts the shared values of its "70B", which it tells by its layers.
  const isSeventyBillion = place.layers === 80 && place.headsPerKvHead > 1;
  const isLifted = role === 'value' && isSeventyBillion && !lowest;
  return isLifted && (chosen === 'Q3_K' || chosen === 'Q4_K') ? 'Q5_K' : chosen;
}

/** Type of a layer's matrix whose rows have `width` values. */
export function matrixType(
  name: GgufMixName,
  role: MatrixRole,
  place: MatrixPlace,
  width: number,
): GgufTypeName {
  return fitting(typeOf(name, role, place), width);
}

/**
 * Type of the matrices that tokens enter and leave by.
 * @param use what the matrix is for: one that is tied is stored as output
 */
export function vocabularyMatrixType(
  name: GgufMixName,
  use: 'embedding' | 'output',
  width: number,
): GgufTypeName {
  const mix: Mix = GGUF_MIXES[name];
  if (use === 'embedding') return fitting(mix.embedding ?? mix.base, width);
  // Q8_0, and not the usual fallback, where the output does not fit.
  return fitting(fits(mix.base, width) ? (mix.output ?? 'Q6_K') : 'Q8_0', width);
}

/** Bytes of all weights of a model in one file type, and how many weights have which tensor type. */
export interface MixedWeights {
  readonly bytes: number;
  readonly elements: ReadonlyMap<GgufTypeName, number>;
}

/**
 * Weights of a model as `llama-quantize` would store them. Matrices of attention, feed-forward network, experts,
 * embedding and output follow from the shape; what else there is (norms, biases, learned positions) stays in 32 bits,
 * or in the base type where it is more than such vectors can be: low-rank projections of latent attention.
 * Leaves out the tokenizer, which the file holds too: 2 to 10 MB.
 *
 * @param storesTiedHead the tied embedding is written a second time as output, as some converters do
 */
export function mixedWeights(
  name: GgufMixName,
  parameters: number,
  shape: ModelShape,
  { storesTiedHead = false }: { storesTiedHead?: boolean } = {},
): MixedWeights {
  const mix: Mix = GGUF_MIXES[name];
  const elements = new Map<GgufTypeName, number>();
  let counted = 0;
  const add = (type: GgufTypeName, count: number): void => {
    elements.set(type, (elements.get(type) ?? 0) + count);
  };
  const addMatrix = (type: GgufTypeName, width: number, rows: number): void => {
    add(type, width * rows);
    counted += width * rows;
  };

  const { hidden, heads, kvHeads, headDimension, valueDimension, vocabulary, experts } = shape;
  const output = vocabularyMatrixType(name, 'output', hidden);
  const isOutputAlone = !shape.tiedEmbeddings || storesTiedHead;
  addMatrix(isOutputAlone ? vocabularyMatrixType(name, 'embedding', hidden) : output, hidden, vocabulary);
  if (isOutputAlone) addMatrix(output, hidden, vocabulary);
  if (storesTiedHead && shape.tiedEmbeddings) counted -= hidden * vocabulary;

  const isLatent = shape.cacheWidth > 0 && shape.cacheWidth !== kvHeads * (headDimension + valueDimension);
  const attentions = (layer: number): number => {
    if (isLatent) return 0;
    // Decoder layers beside an encoder attend twice.
    return shape.kind === 'encoder-decoder' && layer >= shape.encoderLayers ? 2 : 1;
  };
  const layers = shape.encoderLayers + shape.layers;
  const denseLayers = layers - (experts?.layers ?? 0);
  for (let layer = 0; layer < layers; layer++) {
    const place = { layer, layers, headsPerKvHead: heads / kvHeads, experts: experts?.count ?? 0 };
    const matrix = (role: MatrixRole, width: number, rows: number, routed = false): void => {
      addMatrix(matrixType(name, role, { ...place, routed }, width), width, rows);
    };
    const count = attentions(layer);
    matrix('query', hidden, count * heads * headDimension);
    matrix('key', hidden, count * kvHeads * headDimension);
    matrix('value', hidden, count * kvHeads * valueDimension);
    matrix('attentionOutput', heads * valueDimension, count * hidden);
    const network = (feedForward: number, copies = 1, routed = false): void => {
      matrix('up', hidden, (shape.feedForwardMatrices - 1) * feedForward * copies, routed);
      matrix('down', feedForward, hidden * copies, routed);
    };
    if (layer < denseLayers || experts === undefined) network(shape.feedForward);
    else {
      network(experts.feedForward, experts.count, true);
      if (experts.sharedFeedForward > 0) network(experts.sharedFeedForward);
    }
  }
  const rest = Math.max(0, parameters - counted);
  add(rest > VECTOR_SHARE * parameters ? mix.base : 'F32', rest);
  let bits = 0;
  for (const [type, count] of elements) bits += count * ggufBits(type);
  return { bytes: Math.ceil(bits / 8), elements };
}
