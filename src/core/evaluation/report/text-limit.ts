import type { EvaluationSample } from '../evaluation-result.js';

/** Characters of text that a page may hold: a string of Node ends at half a thousand million, and phones well before. */
const MOST_CHARACTERS = 64_000_000;
/** Lengths at which single texts are cut, in turn, until all of them fit. */
const LIMITS = [1_000_000, 100_000, 10_000, 1_000, 100];

function textsOf(sample: EvaluationSample): string[] {
  const choices = sample.choices?.map(({ text }) => text) ?? [];
  const reasons = Object.values(sample.ratings ?? {}).map(({ reason }) => reason);
  const tries = sample.completions?.slice(1) ?? [];
  return [
    ...[sample.prompt, ...sample.targets, sample.prediction, sample.completion ?? ''],
    ...[...choices, ...reasons, ...tries],
  ];
}

/** The length in characters beyond which the texts of samples are cut, or `null` where a page can hold them whole. */
export function lengthLimit(samples: readonly EvaluationSample[], most = MOST_CHARACTERS): number | null {
  const fits = (limit: number): boolean => {
    let total = 0;
    for (const sample of samples) {
      for (const { length } of textsOf(sample)) total += Math.min(length, limit);
    }
    return total <= most;
  };
  if (fits(Infinity)) return null;
  return LIMITS.find(fits) ?? LIMITS.at(-1)!;
}

/** A text, or its beginning with the number of characters that were left out. */
export function shorten(text: string, limit: number | null): string {
  if (limit === null || text.length <= limit) return text;
  return `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}
