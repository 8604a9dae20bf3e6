/**
 * A model that holds several texts at once, each in a slot of its own, and can continue any of them in one pass: what
 * serving many clients needs. Texts join and leave at any time; what a slot holds stays until it is cut or overwritten,
 * so that a later text with the same beginning need not be read again.
 *
 * One call at a time.
 */
export interface SlotModel {
  readonly slots: number;
  /** Tokens that each slot can hold. */
  readonly capacity: number;
  /** Tokens read by one call of {@link read} at most. */
  readonly largestRead: number;
  /** Tokens that a slot holds, in order. */
  tokensOf(slot: number): readonly number[];
  /** Keeps the first `length` tokens of a slot. */
  truncate(slot: number, length: number): void;
  /** Replaces what a slot holds by the first `length` tokens of another one. */
  copy(from: number, to: number, length: number): void;
  /**
   * Adds tokens to a slot: from one to `largestRead` of them.
   *
   * @returns logits of the token after the last, [vocabulary]; valid until the next call
   */
  read(slot: number, tokens: readonly number[]): Promise<Float32Array>;
  /**
   * Adds one token to each of several different slots.
   *
   * @returns for each, in order, the logits of the token after, [vocabulary]; valid until the next call
   */
  step(next: readonly { readonly slot: number; readonly token: number }[]): Promise<Float32Array[]>;
  /**
   * The mean of the final hidden states of a text, [hidden]. Uses a slot, which is empty afterwards.
   *
   * @param tokens from one to `capacity` of them
   */
  embed(slot: number, tokens: readonly number[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}
