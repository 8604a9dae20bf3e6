/** A tensor as it is stored: quantised weights appear packed, as their file has them. */
export interface StoredTensor {
  readonly name: string;
  /** Element type as safetensors names it, e.g. `BF16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What a model's files tell of it without its weights. */
export interface ModelFacts {
  readonly id: string;
  /** The commit that was read. */
  readonly commit: string;
  /** The parsed config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** All tensors of its safetensors files; empty where the repository has none that belong together. */
  readonly tensors: readonly StoredTensor[];
  /** Elements stored in each element type. */
  readonly parametersByDtype: Readonly<Record<string, number>>;
  /** Bytes of all tensors, headers not counted. */
  readonly totalBytes: number;
}
