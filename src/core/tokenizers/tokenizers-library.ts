import type { JsonObject } from '../checkpoints/json-file.js';

/**
 * What is used of `@huggingface/tokenizers` 0.2.0. Its own declarations import one another without file extensions,
 * so that under Node's module resolution they declare nothing.
 */
export interface LibraryTokenizer {
  /** `vocab[id]` is a token; ids may have gaps. */
  readonly model: { readonly vocab: readonly (string | undefined)[] };
  readonly decoder: LibraryDecoder | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): Map<number, { special: boolean }>;
}

/** One step from tokens to text. */
export interface LibraryDecoder {
  readonly config: JsonObject;
  /** The steps of a `Sequence`. */
  readonly decoders?: readonly LibraryDecoder[];
  decode_chain: (tokens: readonly string[]) => string[];
}

/** Loads the library, which takes a while and so waits for the first tokenizer. */
export async function loadLibrary(): Promise<
  new (tokenizerJson: JsonObject, tokenizerConfig: JsonObject) => LibraryTokenizer
> {
  const library: unknown = await import('@huggingface/tokenizers');
  return (library as { Tokenizer: Awaited<ReturnType<typeof loadLibrary>> }).Tokenizer;
}
