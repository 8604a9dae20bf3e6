import type { SlotModel } from '../../../src/core/generation/slot-model.js';
import type { Tokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { byteLevelCharacters } from '../../../src/core/tokenizers/train-byte-pair-encoding.js';

/** Every byte is a token; the one after them ends an answer. */
export const END_TOKEN = 256;
export const FAKE_VOCABULARY = 257;
export const FAKE_HIDDEN = 4;

const SPELLINGS = byteLevelCharacters();

/** A tokenizer of bytes. */
export const byteTokenizer: Tokenizer = {
  vocabularySize: FAKE_VOCABULARY,
  endOfSequenceIds: [END_TOKEN],
  padId: END_TOKEN,
  hasChatTemplate: true,
  encode: (text) => [...Buffer.from(text)],
  decode: (ids) => Buffer.from(ids.filter((id) => id < END_TOKEN)).toString(),
  tokenText: (id) => (id === END_TOKEN ? '<end>' : SPELLINGS[id]),
  renderChat: (messages) => messages.map(({ role, content }) => `${role}: ${content}\n`).join(''),
};

/**
 * What the fake model holds likely after a text: pseudo-random scores that depend on every token of it (the hash of
 * FNV-1a), printable characters before all others. An end token comes about once in 64 tokens.
 */
export function fakeLogits(tokens: readonly number[]): Float32Array {
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ (token + 1), 0x01000193) >>> 0;
  const logits = new Float32Array(FAKE_VOCABULARY);
  for (let token = 0; token < FAKE_VOCABULARY; token++) {
    const mixed = Math.imul(hash ^ Math.imul(token + 1, 0x9e3779b9), 0x85ebca6b) >>> 0;
    const isPrintable = (token >= 0x20 && token < 0x7f) || token === END_TOKEN;
    logits[token] = (mixed ^ (mixed >>> 15)) / 2 ** 30 + (isPrintable ? 8 : 0);
  }
  return logits;
}

/** The mean of what the fake model has as hidden states. */
export function fakeEmbedding(tokens: readonly number[]): Float32Array {
  const sums = new Float32Array(FAKE_HIDDEN);
  for (const token of tokens) sums[token % FAKE_HIDDEN]! += 1;
  return sums.map((sum) => sum / tokens.length);
}

/** Slots without a network. Whatever the interface forbids is an error, and what it says is invalid is overwritten. */
export class FakeSlotModel implements SlotModel {
  /** Tokens read in prompts, to see what was not read again. */
  tokensRead = 0;
  readonly stepSizes: number[] = [];
  /** Thrown by the next computation. */
  failure: Error | undefined;
  /** Milliseconds that a computation takes. */
  delay = 0;
  disposed = false;
  private readonly held: number[][];
  private busy = false;
  private given: Float32Array[] = [];

  constructor(
    readonly slots: number,
    readonly capacity: number,
    readonly largestRead: number,
  ) {
    this.held = Array.from({ length: slots }, () => []);
  }

  tokensOf(slot: number): readonly number[] {
    return this.slot(slot);
  }

  truncate(slot: number, length: number): void {
    this.idle();
    const held = this.slot(slot);
    if (length > held.length) throw new Error(`slot ${slot} holds ${held.length} tokens, not ${length}`);
    held.length = length;
  }

  copy(from: number, to: number, length: number): void {
    this.idle();
    if (from === to || length > this.slot(from).length) throw new Error('nothing to copy');
    this.held[to] = this.slot(from).slice(0, length);
  }

  async read(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    if (tokens.length < 1 || tokens.length > this.largestRead)
      throw new Error(`${tokens.length} tokens read`);
    return this.compute(() => {
      this.tokensRead += tokens.length;
      this.add(slot, tokens);
      return [fakeLogits(this.slot(slot))];
    }).then(([logits]) => logits!);
  }

  async step(next: readonly { readonly slot: number; readonly token: number }[]): Promise<Float32Array[]> {
    if (next.length === 0 || new Set(next.map(({ slot }) => slot)).size < next.length) {
      throw new Error('a step needs different slots');
    }
    return this.compute(() => {
      this.stepSizes.push(next.length);
      for (const { slot, token } of next) this.add(slot, [token]);
      return next.map(({ slot }) => fakeLogits(this.slot(slot)));
    });
  }

  async embed(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    if (tokens.length < 1 || tokens.length > this.capacity)
      throw new Error(`${tokens.length} tokens embedded`);
    return this.compute(() => {
      this.slot(slot).length = 0;
      return [fakeEmbedding(tokens)];
    }).then(([mean]) => mean!);
  }

  async dispose(): Promise<void> {
    this.idle();
    this.disposed = true;
  }

  private slot(slot: number): number[] {
    const held = this.held[slot];
    if (held === undefined) throw new Error(`there is no slot ${slot}`);
    return held;
  }

  private add(slot: number, tokens: readonly number[]): void {
    const held = this.slot(slot);
    if (held.length + tokens.length > this.capacity) throw new Error(`slot ${slot} is full`);
    held.push(...tokens);
  }

  private idle(): void {
    if (this.busy || this.disposed) throw new Error('two calls at once, or a call after the end');
  }

  private async compute(work: () => Float32Array[]): Promise<Float32Array[]> {
    this.idle();
    this.busy = true;
    for (const logits of this.given) logits.fill(NaN);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    else await Promise.resolve();
    this.busy = false;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    return (this.given = work());
  }
}
