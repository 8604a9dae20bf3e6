/**
 * What counts as white space in the packages whose results the metrics meet: Unicode's White_Space and the four
 * information separators. JavaScript's `\s` has a byte-order mark beside these, and lacks U+0085 and the separators.
 */
export const WHITE_SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const SPACES = new RegExp(`[${WHITE_SPACE}]+`);
const LEADING_SPACES = new RegExp(`^[${WHITE_SPACE}]+`);
const SPACE = new RegExp(`[${WHITE_SPACE}]`);

/** The parts of a text between white space. */
export function splitWords(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** A text without white space at its end. */
export function stripEnd(text: string): string {
  // Not by an expression: it would try every run of spaces inside the text, from each of its spaces.
  let end = text.length;
  while (end > 0 && SPACE.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** A text without white space around it. */
export function strip(text: string): string {
  return stripEnd(text).replace(LEADING_SPACES, '');
}
