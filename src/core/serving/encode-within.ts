import { ToolkitError } from '../errors/toolkit-error.js';

/** Characters that are encoded at first for each token that there is room for; texts that fit have about four. */
const CHARACTERS_PER_TOKEN = 16;

/** What follows a beginning may join tokens at its end, but never halve their number. */
const MARGIN = 2;

/**
 * Encodes a text. Of one that is far too long only a beginning is encoded, so that refusing it takes no longer than
 * reading one that fits: 4 MB take many seconds, in which nothing else is answered.
 *
 * @param encode gives the tokens of a text
 * @param most tokens that can be of use
 * @returns all tokens of the text, which may be somewhat more than `most`
 * @throws ToolkitError `CONTEXT_OVERFLOW` for a text that has more for certain
 */
export function encodeWithin(text: string, most: number, encode: (text: string) => number[]): number[] {
  for (let length = CHARACTERS_PER_TOKEN * most; length < text.length; length *= 2) {
    if (encode(text.slice(0, length)).length <= MARGIN * most) continue;
    throw new ToolkitError(
      `the text has ${text.length} characters, of which the first ${length} alone are more tokens than the ${most} there is room for`,
      'CONTEXT_OVERFLOW',
      'Shorten it, or use a model with a longer context window.',
    );
  }
  return encode(text);
}
