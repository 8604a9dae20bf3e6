/**
 * `@huggingface/tokenizers` 0.2.0 reads some components of a `tokenizer.json` otherwise than the Rust reference
 * (`tokenizers` 0.23), or not at all. Each is rewritten here, before the library sees it, as an equivalent component
 * that both read alike; the two decoders for which there is no equivalent are written here.
 *
 * Left as the library has it: `Precompiled` normalizers (it approximates the character map of SentencePiece).
 */
import type { JsonObject } from '../checkpoints/json-file.js';
import type { LibraryDecoder } from './tokenizers-library.js';

/** A component that cannot be expressed in the library's terms. */
export class UnsupportedComponent extends Error {}

// Oniguruma syntax, which the library translates for JavaScript.

/** The GPT-2 split pattern that `ByteLevel` applies when `use_regex` is set; JavaScript's own `\s` differs. */
const GPT_2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
/** ASCII punctuation, which Unicode counts partly as symbols, and Unicode punctuation. */
const PUNCTUATION = String.raw`!-\/:-@\[-\x60\{-~\p{P}`;
/** Rust's `\w`: UTS #18 Annex C. */
const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}`;
/** The ideograph blocks of BERT's `tokenize_chinese_chars`, with the reference's own fifth range. */
const IDEOGRAPHS =
  String.raw`\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F}\x{2B740}-\x{2B81F}` +
  String.raw`\x{2B920}-\x{2CEAF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}`;

const sequence = (key: 'pretokenizers' | 'normalizers', items: JsonObject[]): JsonObject => ({
  type: 'Sequence',
  [key]: items,
});
const isolate = (regex: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Isolated',
  invert: false,
});
/** Keeps the matches and drops what lies between them. */
const keepOnly = (regex: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Removed',
  invert: true,
});
/** `content` may use `$&`, which the library hands to JavaScript's `replaceAll`. */
const replace = (regex: string, content: string): JsonObject => ({
  type: 'Replace',
  pattern: { Regex: regex },
  content,
});

/** A space before a text that has none; one match takes in all the text, so that no other can follow. */
const PREFIX_SPACE = replace(String.raw`\A ?([\s\S]*)`, ' $1');

function patternOf(component: JsonObject): string {
  const pattern = component['pattern'] as { String?: string; Regex?: string } | undefined;
  if (typeof pattern?.Regex === 'string') return pattern.Regex;
  if (typeof pattern?.String === 'string') return pattern.String.replace(/[.*+?^${}()|[\]\\/&-]/g, '\\$&');
  throw new UnsupportedComponent(`${String(component['type'])} without a pattern`);
}

/** A `Split` in the two behaviours that the library has. */
function split(regex: string, behavior: unknown, invert: boolean): JsonObject {
  const match = `(?:${regex})`;
  const unmatched = `(?:(?!${match})[\\s\\S])`;
  switch (String(behavior).toLowerCase()) {
    case 'isolated':
      // Both the matches and what lies between them are kept, so inversion changes nothing.
      return isolate(regex);
    case 'removed':
      return invert ? keepOnly(regex) : keepOnly(`${unmatched}+`);
    case 'contiguous':
      if (invert) break;
      return isolate(`${match}+`);
    case 'mergedwithprevious':
      if (invert) break;
      // The second half keeps a text without a match from being searched anew at every character.
      return isolate(`${unmatched}*${match}|${unmatched}+`);
    case 'mergedwithnext':
      if (invert) break;
      return isolate(`${match}${unmatched}*`);
  }
  throw new UnsupportedComponent(`Split with behavior ${String(behavior)}${invert ? ', inverted' : ''}`);
}

/** Files from before 2024 say it with `add_prefix_space`. */
const prependScheme = (metaspace: JsonObject): unknown =>
  metaspace['prepend_scheme'] ?? (metaspace['add_prefix_space'] === false ? 'never' : 'always');

function exactPreTokenizer(component: JsonObject): JsonObject {
  switch (component['type']) {
    case 'Sequence':
      return sequence('pretokenizers', (component['pretokenizers'] as JsonObject[]).map(exactPreTokenizer));
    case 'ByteLevel': {
      const steps: JsonObject[] = [{ ...component, add_prefix_space: false, use_regex: false }];
      if (component['use_regex'] !== false) steps.unshift(isolate(GPT_2_PATTERN));
      if (component['add_prefix_space'] !== false) steps.unshift(PREFIX_SPACE);
      return sequence('pretokenizers', steps);
    }
    case 'Metaspace': {
      const metaspace = { ...component, prepend_scheme: prependScheme(component) };
      if (component['split'] === false) return metaspace;
      const replacement = patternOf({ pattern: { String: component['replacement'] } });
      return sequence('pretokenizers', [metaspace, split(replacement, 'MergedWithNext', false)]);
    }
    case 'Digits':
      return isolate(component['individual_digits'] === true ? String.raw`\p{N}` : String.raw`\p{N}+`);
    case 'Punctuation':
      return split(`[${PUNCTUATION}]`, component['behavior'] ?? 'Isolated', false);
    case 'Whitespace':
      return keepOnly(String.raw`[${WORD}]+|[^${WORD}\s]+`);
    case 'WhitespaceSplit':
      return keepOnly(String.raw`\S+`);
    case 'CharDelimiterSplit':
      return split(patternOf({ pattern: { String: component['delimiter'] } }), 'Removed', false);
    case 'BertPreTokenizer':
      return keepOnly(String.raw`[^\s${PUNCTUATION}]+|[${PUNCTUATION}]`);
    case 'Split':
      return split(patternOf(component), component['behavior'], component['invert'] === true);
    default:
      return component;
  }
}

/** JavaScript lower-cases a final sigma by its neighbours, Rust character by character. */
const LOWERCASE_SIGMA = replace('Σ', 'σ');

function exactNormalizer(component: JsonObject): JsonObject {
  switch (component['type']) {
    case 'Sequence':
      return sequence('normalizers', (component['normalizers'] as JsonObject[]).map(exactNormalizer));
    case 'Replace':
      return exactReplace(component);
    case 'Lowercase':
      return sequence('normalizers', [LOWERCASE_SIGMA, component]);
    case 'Strip':
      return sequence('normalizers', [
        ...(component['strip_left'] === true ? [replace(String.raw`\A\s+`, '')] : []),
        ...(component['strip_right'] === true ? [replace(String.raw`\s+\z`, '')] : []),
      ]);
    case 'BertNormalizer': {
      // The library looks at UTF-16 halves and so misses the ideographs above U+FFFF.
      const clean = { type: 'BertNormalizer', clean_text: component['clean_text'] };
      const letters = { ...component, clean_text: false, handle_chinese_chars: false };
      return sequence('normalizers', [
        clean,
        ...(component['handle_chinese_chars'] === true ? [replace(`[${IDEOGRAPHS}]`, ' $& ')] : []),
        ...(component['lowercase'] === true ? [LOWERCASE_SIGMA] : []),
        letters,
      ]);
    }
    default:
      return component;
  }
}

/** The reference inserts `content` as it is; JavaScript would read `$&`. */
function exactReplace(component: JsonObject): JsonObject {
  return { ...component, content: ((component['content'] ?? '') as string).replaceAll('$', '$$$$') };
}

function exactDecoder(component: JsonObject): JsonObject {
  switch (component['type']) {
    case 'Sequence':
      return { ...component, decoders: (component['decoders'] as JsonObject[]).map(exactDecoder) };
    case 'Replace':
      return exactReplace(component);
    default:
      return component;
  }
}

/** The models of the library; the oldest files, of BPE and WordPiece, do not state theirs. */
const MODEL_TYPES: readonly unknown[] = ['BPE', 'WordPiece', 'Unigram', undefined];

/** A space, as SentencePiece-style vocabularies write it. */
const SPACE_SYMBOL = '▁';

/**
 * SentencePiece-style tokenizers merge a whole text as one piece, which is slow and cannot be cached. Where no piece
 * of the vocabulary has a space after another character, no merge crosses the start of a word, so that cutting
 * there changes no id.
 */
function splitWords(preTokenizer: JsonObject | null, model: JsonObject): JsonObject | null {
  const mergesAll =
    preTokenizer === null || preTokenizer['type'] === 'Metaspace' || preTokenizer['type'] === 'Split';
  if (model['type'] !== 'BPE' || !mergesAll) return preTokenizer;
  const crossing = new RegExp(`[^${SPACE_SYMBOL}]${SPACE_SYMBOL}`);
  if (Object.keys(model['vocab'] as JsonObject).some((piece) => crossing.test(piece))) return preTokenizer;
  const words = isolate(`${SPACE_SYMBOL}+[^${SPACE_SYMBOL}]*|[^${SPACE_SYMBOL}]+`);
  return sequence('pretokenizers', preTokenizer === null ? [words] : [preTokenizer, words]);
}

/**
 * A `tokenizer.json` that the library reads as the reference reads the original.
 *
 * @throws UnsupportedComponent for a component that cannot be expressed
 */
export function exactTokenizerJson(tokenizerJson: JsonObject): JsonObject {
  const apply = (key: string, rewrite: (component: JsonObject) => JsonObject) => {
    const component = tokenizerJson[key] as JsonObject | null | undefined;
    return component ? rewrite(component) : null;
  };
  const model = tokenizerJson['model'] as JsonObject;
  // Any other type the library takes, without a word, for one that looks tokens up as they are.
  if (!MODEL_TYPES.includes(model['type'])) {
    throw new UnsupportedComponent(`model type ${JSON.stringify(model['type'])}`);
  }
  const addedTokens = (tokenizerJson['added_tokens'] ?? []) as JsonObject[];
  const wholeWord = addedTokens.find((token) => token['single_word'] === true);
  if (wholeWord !== undefined) {
    throw new UnsupportedComponent(
      `added token ${JSON.stringify(wholeWord['content'])} that matches whole words only`,
    );
  }
  return {
    ...tokenizerJson,
    added_tokens: addedTokens,
    normalizer: apply('normalizer', exactNormalizer),
    pre_tokenizer: splitWords(apply('pre_tokenizer', exactPreTokenizer), model),
    post_processor: tokenizerJson['post_processor'] ?? null,
    decoder: apply('decoder', exactDecoder),
  };
}

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * Joins runs of byte tokens such as `<0xE2>` into text. As in the reference, a run that is not valid UTF-8 gives one
 * U+FFFD per byte, and a byte order mark is kept.
 */
function decodeByteFallback(tokens: readonly string[]): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      texts.push(decoder.decode(Uint8Array.from(bytes)));
    } catch {
      texts.push(...bytes.map(() => '\uFFFD'));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE_TOKEN.exec(token)?.[1];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
    } else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}

/** Pieces to text: the first loses the spaces in front of it, if the pre-tokenizer puts one there. */
function decodeMetaspace(replacement: string, scheme: unknown, tokens: readonly string[]): string[] {
  return tokens.map((token, index) =>
    token.replaceAll(replacement, index === 0 && scheme !== 'never' ? '' : ' '),
  );
}

/** Replaces, in a loaded decoder, the steps that the library takes otherwise than the reference. */
export function makeDecoderExact(decoder: LibraryDecoder | null): void {
  if (decoder === null) return;
  const { config } = decoder;
  if (config['type'] === 'ByteFallback') {
    decoder.decode_chain = decodeByteFallback;
  } else if (config['type'] === 'Metaspace') {
    const [replacement, scheme] = [String(config['replacement']), prependScheme(config)];
    decoder.decode_chain = (tokens) => decodeMetaspace(replacement, scheme, tokens);
  }
  for (const step of decoder.decoders ?? []) makeDecoderExact(step);
}
