import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { specialTokenOf } from '../../generation/generate.js';
import type { Gaps } from './cut-chat-template.js';

/** A line of letters at least: `### Instruction:`, `[INST]`; white space and marks alone occur in any answer. */
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/**
 * Texts that end an answer: the special token that closes the assistant's turn, or where none does, the words that begin
 * the next turn; and the tokens that end a sequence.
 */
export function stopStrings(gaps: Gaps, tokenizer: Tokenizer): string[] {
  const stops = new Set<string>();
  const closing = (gaps.get('assistant>user') ?? '').trimStart();
  const [first] = tokenizer.encode(closing, { addSpecialTokens: false });
  const text = first === undefined ? undefined : tokenizer.tokenText(first);
  if (text !== undefined && closing.startsWith(text) && specialTokenOf(text, tokenizer).length > 0) {
    stops.add(text);
  } else {
    const line = closing.split('\n')[0]!.trim();
    if (SAYS_SOMETHING.test(line)) stops.add(line);
  }
  for (const id of tokenizer.endOfSequenceIds) {
    const end = tokenizer.tokenText(id);
    if (end !== undefined && specialTokenOf(end, tokenizer).length > 0) stops.add(end);
  }
  return [...stops];
}
