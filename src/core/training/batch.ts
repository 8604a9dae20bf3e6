/** Token rows of one shape, ready for a training or evaluation step. All arrays are row-major [batchSize, length]. */
export interface Batch {
  readonly batchSize: number;
  readonly length: number;
  readonly tokens: Int32Array;
  /** The token after each position. */
  readonly targets: Int32Array;
  /** 1 where the target is learnt from, else 0. */
  readonly weights: Float32Array;
  /** Position of each token in its own row of the dataset. */
  readonly positions: Int32Array;
  /** 0 for padding, 1 … for the dataset rows packed into this row. */
  readonly segments: Int32Array;
  /** Tokens that are not padding. */
  readonly tokenCount: number;
  /** Targets that are learnt from. */
  readonly supervisedCount: number;
}
