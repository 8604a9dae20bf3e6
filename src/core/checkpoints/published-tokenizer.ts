import type { JsonObject } from './json-file.js';

/** What is published with a model about its tokenizer. */
export interface TokenizerFiles {
  /** Of `tokenizer.json`, or of the GGUF file that holds all of it; for messages. */
  readonly path: string;
  /** `tokenizer.json`. */
  readonly tokenizer: JsonObject;
  readonly tokenizerConfig?: JsonObject | undefined;
  readonly specialTokensMap?: JsonObject | undefined;
  readonly generationConfig?: JsonObject | undefined;
  /** `config.json` of the model. */
  readonly config?: JsonObject | undefined;
  /** The (default) chat template, and the file that it stands in. */
  readonly chatTemplate?: { readonly source: string; readonly where: string } | undefined;
}
