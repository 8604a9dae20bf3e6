import type { FileSystem } from '../../platform/file-system.js';
import { isJsonObject, type JsonObject } from '../checkpoints/json-file.js';
import { readTokenizerFiles } from '../checkpoints/tokenizer-files.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ChatMessage } from './chat-message.js';
import { compileChatTemplate, type RenderChatOptions } from './chat-template.js';
import { exactTokenizerJson, makeDecoderExact, UnsupportedComponent } from './exact-components.js';
import { loadLibrary, type LibraryTokenizer } from './tokenizers-library.js';
import { findSpecialTokens } from './special-tokens.js';

/** Text to token ids and back, as the model was trained with. */
export interface Tokenizer {
  /** One more than the largest id. The model's embedding may have more rows, never fewer. */
  readonly vocabularySize: number;
  readonly beginOfSequenceId?: number;
  /** Ids after which nothing more is generated; the first closes a text in training. Empty if the model has none. */
  readonly endOfSequenceIds: readonly number[];
  readonly padId: number;
  readonly hasChatTemplate: boolean;
  /**
   * @param options.addSpecialTokens adds what the tokenizer's post-processor adds around a text, such as a
   * begin-of-sequence token; default true. Special tokens spelt out in the text always become their ids.
   */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[];
  /**
   * Ids outside the vocabulary give no text. Bytes that are not UTF-8 give U+FFFD.
   * @param options.skipSpecialTokens leaves special tokens out; default false
   */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  /** The vocabulary's own spelling of an id, e.g. `Ġworld` or `▁world`; `undefined` outside the vocabulary. */
  tokenText(id: number): string | undefined;
  /**
   * The text of a conversation as the model was trained to see it. It holds all special tokens it needs: encode it
   * with `addSpecialTokens: false`.
   * @throws ToolkitError `UNSUPPORTED` if the model has no chat template; `USAGE` if its template refuses the messages
   */
  renderChat(messages: readonly ChatMessage[], options: RenderChatOptions): string;
}

/** Beyond any vocabulary: the largest published ones have about 300,000 ids. */
const MAXIMUM_IDS = 2 ** 24;

/** A lone half of a surrogate pair, which no encoding of Unicode can write. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Says what a folder without `tokenizer.json` holds instead. */
async function missingTokenizer(files: FileSystem, folder: string): Promise<ToolkitError> {
  const names = (await files.stat(folder))?.kind === 'directory' ? await files.list(folder) : [];
  const older = ['tokenizer.model', 'vocab.json', 'merges.txt', 'vocab.txt', 'spiece.model', 'tekken.json'];
  const found = older.filter((name) => names.includes(name));
  if (found.length === 0) {
    return new ToolkitError(
      `${folder}: there is no tokenizer.json`,
      'NOT_FOUND',
      'Name a folder in the Hugging Face layout that holds the model and its tokenizer.',
    );
  }
  return new ToolkitError(
    `${folder}: the tokenizer is in an older format (${found.join(', ')}), tokenizer.json is needed`,
    'UNSUPPORTED',
    `Convert it once with Python: transformers.AutoTokenizer.from_pretrained("${folder}").save_pretrained("${folder}")`,
  );
}

/** Ids index arrays in the library, so they are checked before it sees them. */
function checkVocabulary({ model, added_tokens: added = [] }: JsonObject, path: string): void {
  const vocabulary = isJsonObject(model) ? model['vocab'] : undefined;
  const isId = (id: unknown): boolean =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < MAXIMUM_IDS;
  const isAddedToken = (token: unknown): boolean =>
    isJsonObject(token) && isId(token['id']) && typeof token['content'] === 'string';
  const isVocabulary = isJsonObject(vocabulary)
    ? Object.values(vocabulary).every(isId)
    : Array.isArray(vocabulary);
  if (isVocabulary && Array.isArray(added) && added.every(isAddedToken)) return;
  throw new ToolkitError(
    `${path}: the vocabulary is not a map from tokens to ids`,
    'BAD_CHECKPOINT',
    'Get the file again.',
  );
}

/**
 * Loads the tokenizer of a model folder in the Hugging Face layout: `tokenizer.json`, and where present
 * `tokenizer_config.json`, `special_tokens_map.json`, `generation_config.json`, `config.json` and
 * `chat_template.jinja`; or the tokenizer of a GGUF file, as the same files would describe it.
 *
 * The work is done by `@huggingface/tokenizers`; where it differs from the Rust reference, `exact-components.ts`
 * makes it agree. Like current `transformers`, decoding never "cleans up" spaces beyond what `tokenizer.json` says.
 *
 * @throws ToolkitError `NOT_FOUND` without a tokenizer, `UNSUPPORTED` for older formats and unknown components,
 * `BAD_CHECKPOINT` for damaged files
 */
export async function loadTokenizer(files: FileSystem, folder: string): Promise<Tokenizer> {
  const published = await readTokenizerFiles(files, folder);
  if (published === undefined) throw await missingTokenizer(files, folder);
  const { path, tokenizer: tokenizerJson, chatTemplate: template } = published;
  checkVocabulary(tokenizerJson, path);

  const Library = await loadLibrary();
  let inner: LibraryTokenizer;
  try {
    // The second file would only switch on behaviour from before tokenizer.json that this already expresses.
    inner = new Library(exactTokenizerJson(tokenizerJson), {});
    makeDecoderExact(inner.decoder);
  } catch (error) {
    const reason = (error as Error).message;
    if (error instanceof UnsupportedComponent || /^Unknown \w+ type/.test(reason)) {
      throw new ToolkitError(
        `${path}: not supported: ${reason}`,
        'UNSUPPORTED',
        'Use a model whose tokenizer.json is built of the usual components.',
        error,
      );
    }
    throw new ToolkitError(
      `${path}: is not a valid tokenizer (${reason})`,
      'BAD_CHECKPOINT',
      'Get the file again.',
      error,
    );
  }

  const vocabulary = inner.model.vocab;
  const specialIds = new Set<number>();
  for (const [id, token] of inner.get_added_tokens_decoder()) if (token.special) specialIds.add(id);
  const special = findSpecialTokens(published, (text) => inner.token_to_id(text));
  const chatTemplate =
    template && (await compileChatTemplate(template.source, template.where, special.byName));

  return {
    vocabularySize: vocabulary.length,
    ...(special.beginOfSequenceId === undefined ? {} : { beginOfSequenceId: special.beginOfSequenceId }),
    endOfSequenceIds: special.endOfSequenceIds,
    padId: special.padId,
    hasChatTemplate: chatTemplate !== undefined,

    encode(text, { addSpecialTokens = true } = {}) {
      return inner.encode(text.replace(LONE_SURROGATE, '\uFFFD'), { add_special_tokens: addSpecialTokens })
        .ids;
    },

    decode(ids, { skipSpecialTokens = false } = {}) {
      const known = ids.filter(
        (id) => vocabulary[id] !== undefined && !(skipSpecialTokens && specialIds.has(id)),
      );
      return known.length === 0 ? '' : inner.decode(known, { clean_up_tokenization_spaces: false });
    },

    tokenText: (id) => vocabulary[id],

    renderChat(messages, options) {
      if (chatTemplate !== undefined) return chatTemplate.render(messages, options);
      throw new ToolkitError(
        `${folder}: the model has no chat template`,
        'UNSUPPORTED',
        'Use an instruction-tuned model, give plain text, or put a template into chat_template.jinja in that folder.',
      );
    },
  };
}
