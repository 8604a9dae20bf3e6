/**
 * Queries handled together. Later tokens are never attended to, so a block of queries needs only the keys up to its
 * end: with n blocks the scores computed are (n + 1) / 2n of the whole square. Smaller blocks save more of it, but
 * their products run slower.
 */
const BLOCK = 64;
/** Most blocks of one sequence: beyond, little more is saved, and the graph grows. */
const MOST_BLOCKS = 8;

/** A block of queries and the range of keys that some of them attend to. */
export interface AttentionBlock {
  readonly start: number;
  readonly size: number;
  readonly firstKey: number;
  /** Number of keys: they end where the queries end. */
  readonly keys: number;
}

/** Cuts the queries of a sequence into blocks; a sliding window also drops the keys before it. */
export function attentionBlocks(length: number, slidingWindow: number | undefined): AttentionBlock[] {
  const count = Math.min(MOST_BLOCKS, Math.max(1, Math.floor(length / BLOCK)));
  const size = Math.ceil(length / count);
  const blocks: AttentionBlock[] = [];
  for (let start = 0; start < length; start += size) {
    const end = Math.min(length, start + size);
    const firstKey = slidingWindow === undefined ? 0 : Math.max(0, start - slidingWindow + 1);
    blocks.push({ start, size: end - start, firstKey, keys: end - firstKey });
  }
  return blocks;
}
