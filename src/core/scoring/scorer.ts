/** A sequence and which of its tokens are scored. */
export interface ScoredSequence {
  readonly tokenIds: ArrayLike<number>;
  /** 1 where the token's probability counts; never at the first token, which nothing precedes. */
  readonly supervised: ArrayLike<number>;
}

/** Tells how likely a model finds given continuations. */
export interface Scorer {
  /**
   * @param onDone called with the number of sequences done so far
   * @returns for each sequence the sum of -log p over its scored tokens, in nats, in the order given
   */
  score(sequences: readonly ScoredSequence[], onDone?: (count: number) => void): Promise<number[]>;
  dispose(): Promise<void>;
}
