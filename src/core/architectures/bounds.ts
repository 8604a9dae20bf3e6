import { z } from 'zod';

/**
 * What a configuration may claim. A `config.json` may come from anywhere, and tables are allocated by its numbers, so
 * each limit is one that no model reaches: Llama 3.1 405B has 126 layers and a feed-forward width of 53,248, Gemma 3 a
 * vocabulary of 262,208, Llama 4 Scout 10,485,760 positions, Qwen3-Next 512 experts (their published configurations).
 */
const LIMITS = {
  layers: 1000,
  width: 2 ** 20,
  vocabulary: 2 ** 24,
  positions: 2 ** 27,
  experts: 4096,
} as const;

const atMost = (limit: number) =>
  z.number().int().positive().max(limit, `is more than ${limit}, which no model has`);

/** Blocks of a network. */
export const layerCount = atMost(LIMITS.layers);
/** Hidden sizes, feed-forward sizes, heads and their dimensions. */
export const width = atMost(LIMITS.width);
/** Entries of a vocabulary. */
export const vocabularySize = atMost(LIMITS.vocabulary);
/** Positions of a context or an attention window. */
export const positionCount = atMost(LIMITS.positions);
/** Experts of one layer. */
export const expertCount = atMost(LIMITS.experts);
