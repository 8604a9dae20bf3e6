/** How far an export may be from what it was made from; `null` where a measure says nothing at that precision. */
export interface Limits {
  /** Of KL(original ‖ export), in nats. */
  readonly meanDivergence: number;
  readonly largestDivergence: number | null;
  /** Least share of positions with the same likeliest token. */
  readonly sameLikeliest: number;
  readonly largestError: number | null;
  /** Least share of the greedy tokens before the first that differs. */
  readonly sameGreedy: number | null;
  /** Of |ln(perplexity of the export / of the original)|. */
  readonly perplexityChange: number;
}

/** Bits of a weight, by which limits are chosen. */
export type PrecisionClass =
  'float32' | 'float16' | 'bfloat16' | '8-bit' | '6-bit' | '5-bit' | '4-bit' | '3-bit' | '2-bit';

/**
 * Limits of the distance between an export and the model it was made from.
 *
 * Chosen from measurements: every precision of every target was run on the starter model (2.7 M weights in matrices of
 * 256, six layers, trained) and on models of random weights, over the texts in `probe-texts.ts`. The mean divergences
 * of the starter model were, in nats: float32 9e-13 in ONNX Runtime and 6e-8 in llama.cpp; float16 2e-7; bfloat16 2e-5;
 * 8 bits 2e-4; 6 bits 9e-4; 5 bits 2e-3; 4 bits 3e-3 (Q4_K_S) to 1.3e-2 (int4 of ONNX). A limit is some ten times what
 * was measured, since larger models lose more to the same rounding than this one; what a wrong layout, a permuted matrix
 * or another tokenizer does is thousands of times more in float32 and 16 bits, and at 4 bits still several times more.
 * Perplexity may change by more than published for large models (Llama 2 70B in llama.cpp: 3.6 % for Q4_0, 8.8 % for
 * Q2_K, 0.2 % for Q6_K), because a short text is measured. Single likeliest tokens and greedy answers hang on ties, the
 * more so the fewer bits; they are judged where they mean something.
 */
export const LIMITS: Readonly<Record<PrecisionClass, Limits>> = {
  float32: {
    meanDivergence: 1e-6,
    largestDivergence: 1e-4,
    sameLikeliest: 0.995,
    largestError: 1e-2,
    sameGreedy: 1,
    perplexityChange: 1e-4,
  },
  float16: {
    meanDivergence: 1e-4,
    largestDivergence: 1e-2,
    sameLikeliest: 0.98,
    largestError: 0.1,
    sameGreedy: 0.5,
    perplexityChange: 2e-3,
  },
  bfloat16: {
    meanDivergence: 1e-3,
    largestDivergence: 0.1,
    sameLikeliest: 0.96,
    largestError: 0.5,
    sameGreedy: null,
    perplexityChange: 1e-2,
  },
  '8-bit': {
    meanDivergence: 5e-3,
    largestDivergence: 0.2,
    sameLikeliest: 0.95,
    largestError: null,
    sameGreedy: null,
    perplexityChange: 1e-2,
  },
  '6-bit': {
    meanDivergence: 2e-2,
    largestDivergence: 1,
    sameLikeliest: 0.9,
    largestError: null,
    sameGreedy: null,
    perplexityChange: 3e-2,
  },
  '5-bit': {
    meanDivergence: 4e-2,
    largestDivergence: 2,
    sameLikeliest: 0.85,
    largestError: null,
    sameGreedy: null,
    perplexityChange: 6e-2,
  },
  '4-bit': {
    meanDivergence: 0.15,
    largestDivergence: null,
    sameLikeliest: 0.7,
    largestError: null,
    sameGreedy: null,
    perplexityChange: 0.2,
  },
  '3-bit': {
    meanDivergence: 0.6,
    largestDivergence: null,
    sameLikeliest: 0.5,
    largestError: null,
    sameGreedy: null,
    perplexityChange: 0.7,
  },
  '2-bit': {
    meanDivergence: 3,
    largestDivergence: null,
    sameLikeliest: 0.1,
    largestError: null,
    sameGreedy: null,
    perplexityChange: 3,
  },
};

/**
 * Limits of the distance between a runtime with quantised weights, and the same weights brought back to numbers and run
 * in float32. What is left is the runtime's own arithmetic: llama.cpp rounds what it multiplies with to 8 bits in blocks.
 * On the starter model the mean divergence was 1e-4 to 3e-4 for all quantised types alike, and 1 % to 1.6 % of the
 * likeliest tokens changed.
 */
export const STORED_LIMITS: Limits = {
  meanDivergence: 5e-3,
  largestDivergence: 0.5,
  sameLikeliest: 0.92,
  largestError: null,
  sameGreedy: null,
  perplexityChange: 1e-2,
};

/**
 * Bits that a name of a precision speaks of: `Q4_K_M`, `IQ4_XS`, `int8`, `fp16`, `F32`, `BF16`, `float32`; a name that
 * speaks of none is held to the narrowest limits.
 */
export function precisionClass(precision: string): PrecisionClass {
  const name = precision.toLowerCase();
  if (/^bf(loat)?16$/.test(name)) return 'bfloat16';
  const bits = Number(/\d+/.exec(name)?.[0] ?? 32);
  // Ternary types have one digit and two states more than their name says: a weight of them takes about two bits.
  if (name.startsWith('tq') || bits < 3) return '2-bit';
  if (bits >= 32) return 'float32';
  if (bits >= 16) return 'float16';
  return bits >= 8 ? '8-bit' : (`${bits as 3 | 4 | 5 | 6}-bit` as const);
}
