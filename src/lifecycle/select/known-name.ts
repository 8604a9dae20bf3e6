import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { didYouMean } from '../../core/near-matches.js';

/** The longest list that a message names in full. */
const MOST_NAMED = 40;

const plain = (text: string): string => text.toLowerCase().replace(/[\s_]+/g, '-');

/**
 * The one of several names that a flag means, however it is spelled.
 *
 * @throws ToolkitError `USAGE` with the nearest names, and all of them where they are few
 */
export function knownName(flag: string, value: string, names: Iterable<string>): string {
  const all = [...new Set(names)].sort();
  const found = all.find((name) => name === value) ?? all.find((name) => plain(name) === plain(value));
  if (found !== undefined) return found;
  const guess = didYouMean(value, all);
  const list =
    all.length <= MOST_NAMED ? `Known: ${all.join(', ')}.` : 'See genai select list for what there is.';
  throw new ToolkitError(
    `${flag}: ${JSON.stringify(value)} is not known`,
    'USAGE',
    guess === undefined ? list : `${guess} ${list}`,
  );
}
