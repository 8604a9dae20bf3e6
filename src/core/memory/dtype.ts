import { GGUF_MIXES, mixedWeights, type GgufMixName } from './gguf-mixes.js';

/** A number format of tensors in memory. */
interface NumberFormat {
  readonly bits: number;
  /** Bits for each weight that scales and offsets of its block take besides. */
  readonly scaleBits?: number;
  /** Quantises the matrices inside the blocks; embedding and output stay in 16 bits. */
  readonly blocksOnly?: true;
}

const NUMBER_FORMATS = {
  fp32: { bits: 32 },
  /** 19 bits of a product's inputs, which lie in memory as 32. */
  tf32: { bits: 32 },
  fp16: { bits: 16 },
  bf16: { bits: 16 },
  /** A 32-bit scale for 128 × 128 weights, as DeepSeek-V3 has (arXiv 2412.19437). */
  fp8: { bits: 8, scaleBits: 32 / 128 ** 2, blocksOnly: true },
  /** LLM.int8: a 16-bit scale for each row, some thousand weights (arXiv 2208.07339). */
  int8: { bits: 8, scaleBits: 16 / 4096, blocksOnly: true },
  /** GPTQ and AWQ: a 16-bit scale and a 4-bit offset for 128 weights (arXiv 2210.17323, 2306.00978). */
  int4: { bits: 4, scaleBits: 20 / 128, blocksOnly: true },
  /** QLoRA (arXiv 2305.14314): a 32-bit scale for 64 weights. */
  nf4: { bits: 4, scaleBits: 32 / 64, blocksOnly: true },
  /** QLoRA with double quantisation: 8-bit scales, a 32-bit scale for 256 of these. */
  'nf4-dq': { bits: 4, scaleBits: 8 / 64 + 32 / (64 * 256), blocksOnly: true },
} as const satisfies Readonly<Record<string, NumberFormat>>;

type NumberFormatName = keyof typeof NUMBER_FORMATS;

/** Name of a format of weights: a number format, or a file type of llama.cpp. */
export type Dtype = NumberFormatName | GgufMixName;

const NUMBER_FORMAT_NAMES = Object.keys(NUMBER_FORMATS) as readonly NumberFormatName[];
const GGUF_MIX_NAMES = Object.keys(GGUF_MIXES) as readonly GgufMixName[];

/** All names: number formats, then file types of llama.cpp, both in falling width. */
export const DTYPES: readonly Dtype[] = [...NUMBER_FORMAT_NAMES, ...GGUF_MIX_NAMES];

/** The model that llama.cpp publishes the bits per weight of its file types for: Llama 3.1 8B. */
const LLAMA_3_1_8B = {
  parameters: 8_030_261_248,
  shape: {
    kind: 'decoder',
    layers: 32,
    encoderLayers: 0,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    headDimension: 128,
    valueDimension: 128,
    cacheWidth: 2048,
    feedForward: 14_336,
    feedForwardMatrices: 3,
    vocabulary: 128_256,
    contextLength: 131_072,
    slidingWindows: Array.from({ length: 32 }, () => undefined),
    tiedEmbeddings: false,
  },
} as const;

function usualMixBytes(name: GgufMixName): number {
  return mixedWeights(name, LLAMA_3_1_8B.parameters, LLAMA_3_1_8B.shape).bytes / LLAMA_3_1_8B.parameters;
}

/**
 * Bytes of one weight, without the scales of its block. A file type of llama.cpp mixes tensor types, scales included:
 * its bytes are those of Llama 3.1 8B, and smaller models with tied embeddings have more.
 */
export const DTYPE_BYTES = Object.fromEntries([
  ...NUMBER_FORMAT_NAMES.map((name) => [name, NUMBER_FORMATS[name].bits / 8]),
  ...GGUF_MIX_NAMES.map((name) => [name, usualMixBytes(name)]),
]) as Readonly<Record<Dtype, number>>;

/** Other names of the same formats, as PyTorch, safetensors and `llama-quantize` write them. */
const ALIASES: Readonly<Record<string, Dtype>> = {
  float32: 'fp32',
  f32: 'fp32',
  float16: 'fp16',
  half: 'fp16',
  f16: 'fp16',
  bfloat16: 'bf16',
  float8: 'fp8',
  f8_e4m3: 'fp8',
  q3_k: 'Q3_K_M',
  q4_k: 'Q4_K_M',
  q5_k: 'Q5_K_M',
  mxfp4: 'MXFP4_MOE',
};

const NAMES = new Map<string, Dtype>([
  ...Object.entries(ALIASES),
  ...DTYPES.map((dtype) => [dtype.toLowerCase(), dtype] as const),
]);

/** The format of this name, in upper or lower case. */
export function parseDtype(text: string): Dtype | undefined {
  return NAMES.get(text.trim().toLowerCase());
}

/** Whether a format is a file type of llama.cpp, a mix of tensor types. */
export function isGgufMix(dtype: Dtype): dtype is GgufMixName {
  return Object.hasOwn(GGUF_MIXES, dtype);
}

/** A number format as {@link DTYPES} names it, with its scales; not for mixes. */
export function numberFormat(dtype: Exclude<Dtype, GgufMixName>): Required<
  Omit<NumberFormat, 'blocksOnly'>
> & {
  readonly blocksOnly: boolean;
} {
  return { scaleBits: 0, blocksOnly: false, ...NUMBER_FORMATS[dtype] };
}

/** Quantised weights are for keeping only: what is computed with them stays in 16 bits. */
const NARROWEST_COMPUTE_BYTES = 2;

/** Bytes of one activation or cache element when the weights are of this format. */
export function computeBytes(dtype: Dtype): number {
  return Math.max(DTYPE_BYTES[dtype], NARROWEST_COMPUTE_BYTES);
}

/** Whether weights can be trained in this format; below 16 bits steps are smaller than the distance of two values. */
export function isTrainable(dtype: Dtype): boolean {
  return !isGgufMix(dtype) && DTYPE_BYTES[dtype] >= NARROWEST_COMPUTE_BYTES;
}
