import { countNgrams } from './ngrams.js';

/** Longest runs of words that count (Papineni et al. 2002). */
const BLEU_ORDER = 4;

/** What is counted in one text, or summed over many. Arrays are by order, from single words on. */
export interface BleuCounts {
  readonly length: number;
  /** Words of the reference whose length is nearest. */
  readonly referenceLength: number;
  readonly matches: readonly number[];
  readonly totals: readonly number[];
}

export interface BleuScore {
  /** From 0 to 100. */
  readonly bleu: number;
  /** From 0 to 100, by order, smoothed. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
}

/** Each n-gram of a text's orders with its count. */
export function bleuNgrams(tokens: readonly string[]): Map<string, number>[] {
  return Array.from({ length: BLEU_ORDER }, (_, index) => countNgrams(tokens, index + 1));
}

/** The reference length nearest to a text's; the shorter of two that are equally near. */
export function nearestLength(length: number, candidates: readonly number[]): number {
  return candidates.reduce((best, candidate) => {
    const [distance, least] = [Math.abs(candidate - length), Math.abs(best - length)];
    return distance < least || (distance === least && candidate < best) ? candidate : best;
  });
}

/** Counts of a text against references, each n-gram at most as often as the reference that has it most. */
export function countBleu(tokens: readonly string[], references: readonly (readonly string[])[]): BleuCounts {
  const wanted = references.map(bleuNgrams);
  const matches = bleuNgrams(tokens).map((counts, order) => {
    let matched = 0;
    for (const [ngram, count] of counts) {
      matched += Math.min(count, Math.max(...wanted.map((orders) => orders[order]!.get(ngram) ?? 0)));
    }
    return matched;
  });
  const lengths = references.map(({ length }) => length);
  return {
    length: tokens.length,
    referenceLength: nearestLength(tokens.length, lengths),
    matches,
    totals: bleuTotals(tokens.length),
  };
}

/** N-grams in a text of `length` words, by order. */
export function bleuTotals(length: number): number[] {
  return Array.from({ length: BLEU_ORDER }, (_, index) => Math.max(0, length - index));
}

/** Counts of a corpus. */
export function sumBleu(counts: readonly BleuCounts[]): BleuCounts {
  const sum = (values: (row: BleuCounts) => number): number =>
    counts.reduce((total, row) => total + values(row), 0);
  const byOrder = (values: (row: BleuCounts) => readonly number[]): number[] =>
    Array.from({ length: BLEU_ORDER }, (_, order) => sum((row) => values(row)[order]!));
  return {
    length: sum(({ length }) => length),
    referenceLength: sum(({ referenceLength }) => referenceLength),
    matches: byOrder(({ matches }) => matches),
    totals: byOrder(({ totals }) => totals),
  };
}

/**
 * BLEU of counts, with exponential smoothing: the k-th order without a match counts 1 / 2^k matches (mteval-v13a.pl;
 * method 3 of Chen and Cherry 2014).
 *
 * @param effectiveOrder leave out the orders for which the text is too short, as is usual for single sentences
 */
export function bleuScore(counts: BleuCounts, effectiveOrder = false): BleuScore {
  const { length, referenceLength, matches, totals } = counts;
  const isShort = length < referenceLength;
  const brevityPenalty = !isShort ? 1 : length === 0 ? 0 : Math.exp(1 - referenceLength / length);
  const precisions = new Array<number>(BLEU_ORDER).fill(0);
  if (matches.every((count) => count === 0)) return { bleu: 0, precisions, brevityPenalty };
  let smoothing = 1;
  let orders = 0;
  for (; orders < BLEU_ORDER && totals[orders]! > 0; orders++) {
    const matched = matches[orders]! > 0 ? matches[orders]! : 1 / (smoothing *= 2);
    precisions[orders] = (100 * matched) / totals[orders]!;
  }
  const used = effectiveOrder ? orders : BLEU_ORDER;
  const logarithms = precisions.slice(0, used).reduce((sum, precision) => sum + Math.log(precision), 0);
  return { bleu: brevityPenalty * Math.exp(logarithms / used), precisions, brevityPenalty };
}
