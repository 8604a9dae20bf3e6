import { ToolkitError } from '../errors/toolkit-error.js';

/** What is counted, for the messages. */
export interface CountNoun {
  /** In the plural: `parameters`. */
  readonly noun: string;
  /** More than this is a slip of the pen. */
  readonly most: number;
  /** What has never been as many as that: `any model could have`. */
  readonly mostOf: string;
  /** Ways to write one: `7B, 124M, 1.5e9 or 6738415616`. */
  readonly examples: string;
}

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 };

/** A number as people and programs write it, with a suffix of magnitude or none. */
const COUNT = /^(?<number>\d+(?:\.\d+)?(?:e\+?\d+)?|\d{1,3}(?:[,_]\d{3})+)\s*(?<suffix>[kmbt]?)$/i;
const LOOKS_LIKE_A_NUMBER = /^[-+]?[.\d]/;

/**
 * Reads a count such as `7B`, `124M`, `1.5e9`, `6,738,415,616` or `6738415616`.
 *
 * @returns `undefined` for text that is no number at all, such as a path
 * @throws ToolkitError `USAGE` for a number that cannot be a count of these
 */
export function parseCount(text: string, noun: CountNoun): number | undefined {
  const trimmed = text.trim();
  const { number, suffix } = COUNT.exec(trimmed)?.groups ?? {};
  if (number === undefined || suffix === undefined) {
    if (!/^-[.\d]/.test(trimmed)) return undefined;
    throw unusable(trimmed, 'is negative', noun);
  }
  const count = Number(number.replace(/[,_]/g, '')) * (SUFFIXES[suffix.toLowerCase()] ?? NaN);
  if (count > noun.most) throw unusable(trimmed, `is more than ${noun.mostOf}`, noun);
  const rounded = Math.round(count);
  // 0.1 + 0.2: a decimal fraction of a billion may miss its whole number by a rounding error.
  if (rounded < 1 || Math.abs(count - rounded) > 1e-6) {
    throw unusable(trimmed, 'is not a whole number above zero', noun);
  }
  return rounded;
}

/** Whether text that is no count was probably meant to be one, as `7X` or `7 billion`. */
export function looksLikeNumber(text: string): boolean {
  return LOOKS_LIKE_A_NUMBER.test(text.trim());
}

function unusable(text: string, why: string, { noun, examples }: CountNoun): ToolkitError {
  return new ToolkitError(`${text}: as a number of ${noun} this ${why}`, 'USAGE', `Write it as ${examples}.`);
}
