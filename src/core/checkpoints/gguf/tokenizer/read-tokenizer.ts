import { ToolkitError } from '../../../errors/toolkit-error.js';
import { badGguf } from '../../gguf-header.js';
import type { JsonObject } from '../../json-file.js';
import { quoteName } from '../../quote-name.js';
import type { TokenizerFiles } from '../../published-tokenizer.js';
import type { MetadataReader } from '../metadata-reader.js';
import { PRE_TOKENIZERS, preTokenizerJson, type PreTokenizer } from './pre-tokenizers.js';
import { mergesOfPieces } from './piece-merges.js';
import {
  BYTE_TOKEN,
  ENDING_TOKENS,
  FURTHER_END_KEYS,
  padToken,
  SPACE_SYMBOL,
  SPECIAL_TOKEN_KEYS,
  TOKEN_TYPES,
  UNICODE_FORM_KEY,
  usualUnicodeForm,
} from './token-types.js';

/** Lists that make up a tokenizer and must be held when a file's header is read. */
export const TOKENIZER_LISTS: ReadonlySet<string> = new Set([
  'tokenizer.ggml.tokens',
  'tokenizer.ggml.token_type',
  'tokenizer.ggml.merges',
  'tokenizer.ggml.scores',
]);

/** Where llama.cpp takes them from, when a file with the "llama" tokenizer does not say. */
const PIECE_DEFAULTS: Readonly<Record<string, number>> = { bos_token: 1, eos_token: 2, unk_token: 0 };

/** Ids of the special tokens as `config.json` has them: `bos_token_id` and so on. */
export function specialTokenIds(metadata: MetadataReader): JsonObject {
  const isPieces = metadata.text('tokenizer.ggml.model') === 'llama';
  const ids = SPECIAL_TOKEN_KEYS.flatMap(([name, key]) => {
    const id = metadata.size(key) ?? (isPieces ? PIECE_DEFAULTS[name] : undefined);
    return id === undefined ? [] : [[`${name}_id`, id] as const];
  });
  return Object.fromEntries(ids);
}

/** Ids after which nothing more is generated, that of the end of a sequence first. */
export function endOfSequenceIds(metadata: MetadataReader): number[] {
  const ids = [
    specialTokenIds(metadata)['eos_token_id'] as number | undefined,
    ...FURTHER_END_KEYS.map((key) => metadata.size(key)),
  ];
  return [...new Set(ids.filter((id) => id !== undefined))];
}

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
}

function readVocabulary(metadata: MetadataReader): Vocabulary {
  const { path } = metadata;
  const tokens = metadata.texts('tokenizer.ggml.tokens');
  if (tokens === undefined) throw badGguf(path, 'holds no tokenizer');
  const types = metadata.numbers('tokenizer.ggml.token_type') ?? tokens.map(() => TOKEN_TYPES.normal);
  if (types.length !== tokens.length) {
    throw badGguf(path, `has ${tokens.length} tokens and ${types.length} types of tokens`);
  }
  return { tokens, types };
}

/** Tokens that are found in a text before anything else; those that fill up the embedding are none. */
function addedTokens({ tokens, types }: Vocabulary): JsonObject[] {
  return tokens.flatMap((content, id) => {
    const special = types[id] === TOKEN_TYPES.control || types[id] === TOKEN_TYPES.unknown;
    if (!special && types[id] !== TOKEN_TYPES.userDefined) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return content === '' ? [] : [{ id, content, ...plain, special }];
  });
}

function vocabOf({ tokens, types }: Vocabulary, isIn: (type: number | undefined) => boolean): JsonObject {
  const entries = tokens.flatMap((token, id) =>
    isIn(types[id]) && !(types[id] === TOKEN_TYPES.unused && token === padToken(id))
      ? [[token, id] as const]
      : [],
  );
  // Of two alike the first counts; built back to front, it is the one that stays.
  return Object.fromEntries(entries.toReversed());
}

function template(
  first: string | undefined,
  last: string | undefined,
  idOf: (token: string) => number,
): JsonObject | null {
  if (first === undefined && last === undefined) return null;
  const special = (token: string | undefined, type: number): JsonObject[] =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: type } }];
  const sequence = (id: 'A' | 'B', type: number): JsonObject[] => [
    ...special(first, type),
    { Sequence: { id, type_id: type } },
    ...special(last, type),
  ];
  const around = [first, last].filter((token) => token !== undefined);
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(
      around.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
    ),
  };
}

function byteLevel(metadata: MetadataReader, vocabulary: Vocabulary, pre: PreTokenizer): JsonObject {
  const merges = (metadata.texts('tokenizer.ggml.merges') ?? []).map((merge) => {
    const space = merge.indexOf(' ', 1);
    if (space < 0) throw badGguf(metadata.path, `has the merge ${quoteName(merge)}, which is no pair`);
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
  const form =
    metadata.text(UNICODE_FORM_KEY) ?? usualUnicodeForm(metadata.text('general.architecture') ?? '');
  return {
    normalizer: form === 'NFC' ? { type: 'NFC' } : null,
    pre_tokenizer: preTokenizerJson(pre),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: pre.ignoreMerges,
      vocab: vocabOf(
        vocabulary,
        (type) => type === TOKEN_TYPES.normal || type === TOKEN_TYPES.byte || type === TOKEN_TYPES.unused,
      ),
      merges,
    },
  };
}

function pieces(metadata: MetadataReader, vocabulary: Vocabulary, unknown: string | undefined): JsonObject {
  const { tokens, types } = vocabulary;
  const scores = metadata.numbers('tokenizer.ggml.scores') ?? [];
  const merged = tokens.flatMap((token, id) =>
    types[id] === TOKEN_TYPES.normal && !BYTE_TOKEN.test(token) ? [{ token, score: scores[id] ?? 0 }] : [],
  );
  const prefixed = metadata.flag('tokenizer.ggml.add_space_prefix') ?? true;
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(prefixed ? [{ type: 'Prepend', prepend: SPACE_SYMBOL }] : []),
        { type: 'Replace', pattern: { String: ' ' }, content: SPACE_SYMBOL },
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE_SYMBOL }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabOf(vocabulary, (type) => type !== TOKEN_TYPES.userDefined),
      merges: mergesOfPieces(
        merged.map(({ token }) => token),
        (_, index) => merged[index]!.score,
      ),
    },
  };
}

/**
 * The published files of the tokenizer that a GGUF file holds.
 *
 * @param metadata read with {@link TOKENIZER_LISTS} held
 * @throws ToolkitError UNSUPPORTED for kinds of tokenizers that are not read here; BAD_CHECKPOINT when damaged
 */
export function readTokenizer(metadata: MetadataReader): TokenizerFiles {
  const { path } = metadata;
  const kind = metadata.requiredText('tokenizer.ggml.model');
  const vocabulary = readVocabulary(metadata);
  const { tokens, types } = vocabulary;
  const names = Object.fromEntries(
    Object.entries(specialTokenIds(metadata)).flatMap(([key, id]) => {
      const token = tokens[id as number];
      return token === undefined ? [] : [[key.replace(/_id$/, ''), token] as const];
    }),
  );
  const pre = metadata.text('tokenizer.ggml.pre') ?? 'default';
  const preTokenizer = PRE_TOKENIZERS.find((known) => known.names.includes(pre));
  if (kind !== 'llama' && (kind !== 'gpt2' || preTokenizer === undefined)) {
    const what = kind === 'gpt2' ? `that cuts texts by ${quoteName(pre)}` : `of the kind ${quoteName(kind)}`;
    throw new ToolkitError(
      `${path}: its tokenizer is one ${what}, which is not supported`,
      'UNSUPPORTED',
      `Supported: SentencePiece ("llama"), and byte-level BPE cut by ${PRE_TOKENIZERS.flatMap((known) => known.names).join(', ')}.`,
    );
  }
  const isPieces = kind === 'llama';
  const parts = isPieces
    ? pieces(metadata, vocabulary, names['unk_token'])
    : byteLevel(metadata, vocabulary, preTokenizer!);
  const begins =
    metadata.flag('tokenizer.ggml.add_bos_token') ?? (isPieces || preTokenizer?.addsBeginOfSequence === true);
  const ends = metadata.flag('tokenizer.ggml.add_eos_token') ?? false;
  const stops = endOfSequenceIds(metadata);
  tokens.forEach((token, id) => {
    if (types[id] === TOKEN_TYPES.control && ENDING_TOKENS.has(token) && !stops.includes(id)) stops.push(id);
  });
  const chatTemplate = metadata.text('tokenizer.chat_template');
  return {
    path,
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(vocabulary),
      ...parts,
      post_processor: template(
        begins ? names['bos_token'] : undefined,
        ends ? names['eos_token'] : undefined,
        (token) => tokens.indexOf(token),
      ),
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      ...names,
      add_bos_token: begins,
      add_eos_token: ends,
      clean_up_tokenization_spaces: false,
      ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
    },
    generationConfig: { eos_token_id: stops },
    ...(chatTemplate === undefined ? {} : { chatTemplate: { source: chatTemplate, where: path } }),
  };
}
