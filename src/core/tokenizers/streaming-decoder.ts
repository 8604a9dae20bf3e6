import type { Tokenizer } from './tokenizer.js';

/** Ids of the prompt that are decoded along with the first new ones: a character takes at most 4 bytes. */
const CONTEXT_TOKENS = 8;
const REPLACEMENT = '\uFFFD';

/** The end of the prompt, from a place where a character starts. */
function contextOf(prompt: readonly number[], decode: (ids: readonly number[]) => string): number[] {
  let length = CONTEXT_TOKENS;
  while (length < prompt.length && decode(prompt.slice(-length)).startsWith(REPLACEMENT)) length *= 2;
  return prompt.slice(-length);
}

/**
 * Turns token ids into text as they arrive. A character whose bytes are spread over several tokens is held back until
 * it is complete, and a piece that starts with a space keeps it, which decoding it alone would lose in
 * SentencePiece-style tokenizers.
 *
 * All that `push` and `end` return, joined, is what decoding prompt and answer together gives after the prompt. (One
 * exception: with byte fallback the reference spoils a whole run of bytes if its last ones are broken; text that was
 * already given out stays as it was.)
 */
export class StreamingDecoder {
  readonly #decode: (ids: readonly number[]) => string;
  /** Ids whose text was given out last, or the end of the prompt. */
  #context: number[];
  #contextText: string;
  /** Ids since then. */
  #pending: number[] = [];

  /**
   * @param prompt the ids that come before; decides whether the first piece keeps its leading space
   * @param options.skipSpecialTokens leaves special tokens out; default true
   */
  constructor(
    tokenizer: Pick<Tokenizer, 'decode'>,
    prompt: readonly number[] = [],
    options: { readonly skipSpecialTokens: boolean } = { skipSpecialTokens: true },
  ) {
    this.#decode = (ids) => tokenizer.decode(ids, options);
    this.#context = contextOf(prompt, this.#decode);
    this.#contextText = this.#decode(this.#context);
  }

  /** Takes one id and returns the text that it completes, perhaps none. */
  push(id: number): string {
    this.#pending.push(id);
    const text = this.#pendingText();
    // Ids without text of their own join the next ones: as context they would not stand for the start of a text.
    if (text === '' || text.endsWith(REPLACEMENT)) return '';
    this.#context = this.#pending;
    this.#contextText = this.#decode(this.#context);
    this.#pending = [];
    return text;
  }

  /** Returns what is still held back; bytes that never became a character are U+FFFD. */
  end(): string {
    const text = this.#pendingText();
    this.#pending = [];
    return text;
  }

  #pendingText(): string {
    return this.#decode([...this.#context, ...this.#pending]).slice(this.#contextText.length);
  }
}
