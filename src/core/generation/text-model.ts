import type { Model } from '../architectures/architecture.js';

/** What a model has read so far of texts side by side. It can be used with the model that made it, and no other. */
export interface TextCache {
  readonly batchSize: number;
  /** Tokens that each row has room for. */
  readonly capacity: number;
  /** For each row the tokens that it holds, by position. */
  readonly rows: readonly (readonly number[])[];
  dispose(): void;
}

/** A model ready to say what comes next in texts; they go on from what a cache holds of them. */
export interface TextModel {
  readonly model: Model;
  /** Positions that a text, prompt and answer together, can have. */
  readonly contextLength: number;
  /** Makes room for `batchSize` texts of at least `length` tokens (and at most the context length). */
  createCache(batchSize: number, length: number): Promise<TextCache>;
  /** Compiles what {@link decode} will run, so that the first token after the prompt does not wait for it. */
  prepare(cache: TextCache): Promise<void>;
  /**
   * Reads texts. What a row shares with its new text from the start may be kept; only the rest is read then.
   *
   * @param texts tokens of each row, at least one and at most the cache's capacity
   * @param signal stops between pieces of a long text, with the cache still valid
   * @returns for each row the logits of the token after it, [vocabulary]
   */
  prefill(
    cache: TextCache,
    texts: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<Float32Array[]>;
  /**
   * Adds one token to each row.
   *
   * @param tokens `undefined` for a row that is finished: it stays as it is, and its logits mean nothing
   * @returns for each row the logits of the token after, [vocabulary]
   */
  decode(cache: TextCache, tokens: readonly (number | undefined)[]): Promise<Float32Array[]>;
  /**
   * Fills a cache with rows of another one of the same capacity.
   *
   * @param rows for each row of `to` the row of `from` that it continues
   */
  copyRows(from: TextCache, to: TextCache, rows: readonly number[]): Promise<void>;
  /**
   * Reads texts, each by itself, and keeps nothing of them.
   *
   * @param texts tokens of each, at least one and at most the context length
   * @returns for each text the mean of its hidden states after the final normalisation, [hidden]
   */
  meanStates(texts: readonly (readonly number[])[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Tokens at the start that two texts share. */
export function sharedLength(a: readonly number[], b: ArrayLike<number>): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}
