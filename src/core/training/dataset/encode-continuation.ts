import type { Tokenizer } from '../../tokenizers/tokenizer.js';

/** A text and its ids, without what the tokenizer puts around a text. */
export interface EncodedText {
  readonly text: string;
  readonly ids: readonly number[];
}

/** Characters that a text is encoded behind: few tokenizers join any of them to what follows, hardly one joins all. */
const BOUNDARIES = ['\n', '.', '0'];

function startsWith(ids: readonly number[], start: readonly number[]): boolean {
  return start.length <= ids.length && start.every((id, index) => ids[index] === id);
}

/**
 * The ids of a text that goes on from one whose ids are fixed, as they are when a model answers a prompt.
 *
 * Where the ids of the whole text begin with the fixed ones, the rest of them is the answer. Where a token of the whole
 * lies across the boundary, the text is encoded on its own; a tokenizer that puts a space before every text it is
 * given (SentencePiece's dummy prefix) would put one in the middle, so then it is encoded behind a character. Of
 * these the first that decodes to the whole text is taken.
 */
export function encodeContinuation(tokenizer: Tokenizer, before: EncodedText, text: string): number[] {
  const encode = (part: string): number[] => tokenizer.encode(part, { addSpecialTokens: false });
  const whole = encode(before.text + text);
  if (startsWith(whole, before.ids)) return whole.slice(before.ids.length);

  const alone = encode(text);
  const behindBoundaries = BOUNDARIES.flatMap((boundary) => {
    const start = encode(boundary);
    const both = encode(boundary + text);
    return startsWith(both, start) ? [both.slice(start.length)] : [];
  });

  // Not the text itself but what its ids decode to: a normalizer may have changed it.
  const expected = tokenizer.decode(whole);
  return (
    [alone, ...behindBoundaries].find((ids) => tokenizer.decode([...before.ids, ...ids]) === expected) ??
    alone
  );
}
