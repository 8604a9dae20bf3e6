import { isSampling } from '../generation/sampling.js';
import { canonicalJson } from './canonical-json.js';
import { effectiveSettings } from './effective-settings.js';
import type { CompletionSettings } from './provider.js';

/** A prompt in tokens, to be continued. */
export interface LocalPrompt {
  readonly tokenIds: readonly number[];
  readonly settings: CompletionSettings;
}

/** Prompts computed at once at most; as `generate` does. */
export const MOST_ROWS = 8;

/** Positions of a batch with its padding at most: attention takes memory by their square. */
const MOST_POSITIONS = 4096;

/** Lengths up to here are padded to the same. */
const SHORTEST = 16;

function paddedLength({ tokenIds }: LocalPrompt): number {
  return 2 ** Math.ceil(Math.log2(Math.max(SHORTEST, tokenIds.length)));
}

/**
 * Which prompts to compute together with the one that has waited longest: those with its settings whose length is
 * padded to the same power of two. Their number is a power of two, so that few programs are compiled. One that is
 * drawn at random is computed alone, for its random numbers depend on its place among others; so is one that is looked
 * for with beams, which fill a batch.
 */
export function chooseBatch<Item extends LocalPrompt>(waiting: readonly Item[]): Item[] {
  const first = waiting[0]!;
  if (isSampling(first.settings) || (first.settings.beams ?? 1) > 1) return [first];
  const settings = canonicalJson(effectiveSettings(first.settings));
  const length = paddedLength(first);
  const alike = waiting.filter(
    (other) =>
      paddedLength(other) === length && canonicalJson(effectiveSettings(other.settings)) === settings,
  );
  const room = Math.min(MOST_ROWS, alike.length, Math.max(1, Math.floor(MOST_POSITIONS / length)));
  return alike.slice(0, 2 ** Math.floor(Math.log2(room)));
}
