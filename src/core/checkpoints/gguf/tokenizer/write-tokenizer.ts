import { ToolkitError } from '../../../errors/toolkit-error.js';
import { isJsonObject, type JsonObject } from '../../json-file.js';
import { quoteName } from '../../quote-name.js';
import type { TokenizerFiles } from '../../published-tokenizer.js';
import { bool, text, uint32, type GgufEntry } from '../metadata.js';
import { findPreTokenizer } from './pre-tokenizers.js';
import { mergesOfPieces, scoresOfPieces } from './piece-merges.js';
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

/** A tokenizer as metadata. */
export interface TokenizerMetadata {
  readonly entries: readonly (readonly [string, GgufEntry])[];
  /** What llama.cpp will do otherwise, as sentences. */
  readonly notes: readonly string[];
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly strips: boolean;
}

/** What llama.cpp's converter takes for a control token, whatever the tokenizer says of it. */
const LOOKS_SPECIAL = /^(?:<\|.*\|>|<｜.*｜>|<pad>|<mask>)$/s;

function unsupported(path: string, problem: string): ToolkitError {
  return new ToolkitError(
    `${path}: ${problem}; llama.cpp would split text differently`,
    'UNSUPPORTED',
    'Deploy this model to a target that reads tokenizer.json itself.',
  );
}

function addedTokensOf({ added_tokens: added }: JsonObject): AddedToken[] {
  return (Array.isArray(added) ? added.filter(isJsonObject) : []).map((token) => ({
    id: Number(token['id']),
    content: String(token['content']),
    special: token['special'] === true,
    strips: token['lstrip'] === true || token['rstrip'] === true,
  }));
}

/** Pairs in the order they are merged; older files write a pair as one text. */
function mergesOf(model: JsonObject): (readonly [string, string])[] {
  const merges = Array.isArray(model['merges']) ? (model['merges'] as unknown[]) : [];
  return merges.map((merge) => {
    if (Array.isArray(merge)) return [String(merge[0]), String(merge[1])];
    const pair = String(merge);
    const space = pair.indexOf(' ', 1);
    return [pair.slice(0, space), pair.slice(space + 1)];
  });
}

/** What the post-processor puts around a text. */
function surroundings(processor: unknown): { first?: string; last?: string } {
  if (!isJsonObject(processor)) return {};
  if (processor['type'] === 'Sequence') {
    const parts = Array.isArray(processor['processors']) ? processor['processors'] : [];
    return Object.assign({}, ...parts.map(surroundings)) as { first?: string; last?: string };
  }
  const single = processor['type'] === 'TemplateProcessing' ? processor['single'] : undefined;
  if (!Array.isArray(single)) return {};
  const specialAt = (item: unknown): string | undefined => {
    const token = isJsonObject(item) ? item['SpecialToken'] : undefined;
    return isJsonObject(token) ? String(token['id']) : undefined;
  };
  const [first, last] = [specialAt(single[0]), specialAt(single.at(-1))];
  return { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) };
}

/** Only where a normalizer or pre-tokenizer says so does a text begin with a space of its own. */
function spacePrefix(component: unknown): 'always' | 'first' | 'never' {
  if (!isJsonObject(component)) return 'never';
  switch (component['type']) {
    case 'Prepend':
      return 'always';
    case 'Metaspace': {
      const scheme =
        component['prepend_scheme'] ?? (component['add_prefix_space'] === false ? 'never' : 'always');
      return scheme as 'always' | 'first' | 'never';
    }
    case 'Sequence': {
      const steps = component['normalizers'] ?? component['pretokenizers'];
      const found = Array.isArray(steps) ? steps.map(spacePrefix) : [];
      return found.find((scheme) => scheme !== 'never') ?? 'never';
    }
    default:
      return 'never';
  }
}

/** Components that a SentencePiece-like tokenizer of tokenizer.json is built of. */
function isSentencePieceLike(component: unknown): boolean {
  if (component === null || component === undefined) return true;
  if (!isJsonObject(component)) return false;
  switch (component['type']) {
    case 'Sequence': {
      const steps = component['normalizers'] ?? component['pretokenizers'];
      return Array.isArray(steps) && steps.every(isSentencePieceLike);
    }
    case 'Prepend':
      return component['prepend'] === SPACE_SYMBOL;
    case 'Metaspace':
      return component['replacement'] === SPACE_SYMBOL;
    case 'Replace':
      return (
        isJsonObject(component['pattern']) &&
        component['pattern']['String'] === ' ' &&
        component['content'] === SPACE_SYMBOL
      );
    default:
      return false;
  }
}

/** The unicode form that byte-level tokenizers normalise to; `undefined` where a normalizer does anything else. */
function unicodeForm(normalizer: unknown): 'none' | 'NFC' | undefined {
  if (normalizer === null || normalizer === undefined) return 'none';
  return isJsonObject(normalizer) && normalizer['type'] === 'NFC' ? 'NFC' : undefined;
}

class TokenizerWriter {
  readonly entries: [string, GgufEntry][] = [];
  readonly notes: string[] = [];
  readonly added: readonly AddedToken[];
  readonly model: JsonObject;
  private readonly tokens: string[];
  private readonly types: number[];

  constructor(
    private readonly files: TokenizerFiles,
    vocabulary: number,
  ) {
    const { tokenizer, path } = files;
    this.model = isJsonObject(tokenizer['model']) ? tokenizer['model'] : {};
    this.added = addedTokensOf(tokenizer);
    this.tokens = Array.from({ length: vocabulary }, (_, id) => padToken(id));
    this.types = Array.from({ length: vocabulary }, () => TOKEN_TYPES.unused);
    const place = (token: string, id: number, type: number): void => {
      if (!Number.isInteger(id) || id < 0 || id >= vocabulary) {
        throw new ToolkitError(
          `${path}: token ${quoteName(token)} has the id ${id}, and the model's vocabulary has ${vocabulary} rows`,
          'BAD_CHECKPOINT',
          'Get the tokenizer and the model from the same place.',
        );
      }
      this.tokens[id] = token;
      this.types[id] = type;
    };
    const vocab = isJsonObject(this.model['vocab']) ? this.model['vocab'] : {};
    const isPieces = this.model['byte_fallback'] === true;
    for (const [token, id] of Object.entries(vocab)) {
      place(token, Number(id), isPieces && BYTE_TOKEN.test(token) ? TOKEN_TYPES.byte : TOKEN_TYPES.normal);
    }
    for (const { content, id, special } of this.added) {
      const isControl = special || LOOKS_SPECIAL.test(content);
      // llama.cpp looks for such tokens in the text as it is, spaces not yet replaced.
      const token = isControl ? content : content.replaceAll(SPACE_SYMBOL, ' ');
      place(token, id, isControl ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined);
    }
    const unknown = this.model['unk_token'];
    const unknownId = typeof unknown === 'string' ? this.idOf(unknown) : undefined;
    if (unknownId !== undefined) this.types[unknownId] = TOKEN_TYPES.unknown;
    if (this.added.some(({ strips }) => strips)) {
      this.notes.push(
        'Some special tokens swallow the spaces beside them, which llama.cpp does not know: texts with spaces there give other ids.',
      );
    }
  }

  idOf(token: string): number | undefined {
    const id = this.tokens.indexOf(token);
    return id < 0 ? undefined : id;
  }

  begin(model: 'gpt2' | 'llama', pre: string): void {
    this.entries.push(
      ['tokenizer.ggml.model', text(model)],
      ['tokenizer.ggml.pre', text(pre)],
      ['tokenizer.ggml.tokens', { type: 'list of strings', value: this.tokens }],
    );
  }

  /** Merges as pairs of texts; a space within one would be taken for the space between two. */
  merges(merges: readonly (readonly [string, string])[]): void {
    const value = merges.map((pair) => pair.map((part) => part.replaceAll(' ', 'Ġ')).join(' '));
    this.entries.push(['tokenizer.ggml.merges', { type: 'list of strings', value }]);
  }

  scores(scores: ReadonlyMap<string, number>): void {
    const value = this.tokens.map((token, id) => {
      const type = this.types[id];
      if (type === TOKEN_TYPES.normal) return scores.get(token)!;
      return type === TOKEN_TYPES.userDefined || type === TOKEN_TYPES.unused ? UNREACHED_SCORE : 0;
    });
    this.entries.push(['tokenizer.ggml.scores', { type: 'list of float32', value }]);
  }

  tokenTypes(): void {
    this.entries.push(['tokenizer.ggml.token_type', { type: 'list of int32', value: this.types }]);
  }

  /** Special tokens, what is put around a text, and the chat template. */
  finish(): TokenizerMetadata {
    const { tokenizer, tokenizerConfig, specialTokensMap, generationConfig, config, chatTemplate } =
      this.files;
    for (const [name, key] of SPECIAL_TOKEN_KEYS) {
      const stated: unknown = tokenizerConfig?.[name] ?? specialTokensMap?.[name];
      const content: unknown = isJsonObject(stated) ? stated['content'] : stated;
      const byText = typeof content === 'string' ? this.idOf(content) : undefined;
      const byId = config?.[`${name}_id`];
      const id = byText ?? (Array.isArray(byId) ? (byId as unknown[])[0] : byId);
      if (Number.isInteger(id) && (id as number) < this.tokens.length)
        this.entries.push([key, uint32(id as number)]);
    }
    const entryOf = (key: string): unknown => this.entries.find(([known]) => known === key)?.[1].value;
    // llama.cpp knows most ends by their texts; files have room for two more.
    const stated = [generationConfig?.['eos_token_id'] ?? config?.['eos_token_id']].flat();
    const further = stated.filter((id) => {
      const token = this.tokens[Number(id)];
      const isTold = id === entryOf('tokenizer.ggml.eos_token_id') || ENDING_TOKENS.has(token ?? '');
      return typeof id === 'number' && token !== undefined && !isTold;
    }) as number[];
    FURTHER_END_KEYS.slice(0, further.length).forEach((key, index) => {
      this.entries.push([key, uint32(further[index]!)]);
    });
    const { first, last } = surroundings(tokenizer['post_processor']);
    const begins = first !== undefined && this.idOf(first) === entryOf('tokenizer.ggml.bos_token_id');
    const ends = last !== undefined && this.idOf(last) === entryOf('tokenizer.ggml.eos_token_id');
    if ((first !== undefined && !begins) || (last !== undefined && !ends)) {
      this.notes.push(
        'The tokenizer puts other tokens around a text than those that begin and end a sequence; llama.cpp does not.',
      );
    }
    this.entries.push(
      ['tokenizer.ggml.add_bos_token', bool(begins)],
      ['tokenizer.ggml.add_eos_token', bool(ends)],
    );
    if (chatTemplate !== undefined) this.entries.push(['tokenizer.chat_template', text(chatTemplate.source)]);
    return { entries: this.entries, notes: this.notes };
  }
}

/** Of tokens that no merge makes, as llama.cpp's converter writes it. */
const UNREACHED_SCORE = -1000;

/**
 * A tokenizer as llama.cpp reads it: byte-level BPE as its "gpt2" model, BPE over characters with bytes to fall back on
 * as its "llama" model (SentencePiece).
 *
 * @param vocabulary rows of the model's embedding, which may be more than the tokenizer has tokens
 * @param architecture `general.architecture`, by which readers take characters to be composed or not
 * @throws ToolkitError UNSUPPORTED where llama.cpp would cut texts otherwise than the tokenizer does
 */
export function writeTokenizer(
  files: TokenizerFiles,
  vocabulary: number,
  architecture: string,
): TokenizerMetadata {
  const { tokenizer, path } = files;
  const writer = new TokenizerWriter(files, vocabulary);
  const { model } = writer;
  const variant = ['continuing_subword_prefix', 'end_of_word_suffix', 'dropout'].find((key) => model[key]);
  if (model['type'] !== 'BPE' && !(model['type'] === undefined && Array.isArray(model['merges']))) {
    throw unsupported(path, `the tokenizer is a ${quoteName(String(model['type']))} model, not BPE`);
  }
  if (variant !== undefined) throw unsupported(path, `the tokenizer has a ${variant}`);
  if (model['byte_fallback'] === true) return writePieces(files, writer);

  const form = unicodeForm(tokenizer['normalizer']);
  if (form === undefined) throw unsupported(path, 'the tokenizer normalises texts');
  const pre = findPreTokenizer(tokenizer['pre_tokenizer'], model['ignore_merges'] === true);
  if (pre === undefined) {
    throw unsupported(
      path,
      'how the tokenizer cuts texts (its pre_tokenizer) is none of the ways llama.cpp knows',
    );
  }
  writer.begin('gpt2', pre.names[0]!);
  writer.tokenTypes();
  writer.merges(mergesOf(model));
  if (form !== usualUnicodeForm(architecture)) writer.entries.push([UNICODE_FORM_KEY, text(form)]);
  if (form === 'NFC') {
    writer.notes.push(
      'The tokenizer composes characters (NFC) and llama.cpp does not: decomposed accents give other ids.',
    );
  }
  return writer.finish();
}

function writePieces({ tokenizer, path }: TokenizerFiles, writer: TokenizerWriter): TokenizerMetadata {
  if (!isSentencePieceLike(tokenizer['normalizer']) || !isSentencePieceLike(tokenizer['pre_tokenizer'])) {
    throw unsupported(path, 'the tokenizer prepares texts otherwise than SentencePiece does');
  }
  const { model } = writer;
  const merges = mergesOf(model);
  // llama.cpp merges any two pieces that make a third, the best third first; the merges must be just these.
  const special = new Set(writer.added.map(({ content }) => content));
  const pieces = Object.entries(model['vocab'] as Readonly<Record<string, number>>)
    .sort(([, a], [, b]) => a - b)
    .map(([piece]) => piece)
    .filter((piece) => !special.has(piece) && !BYTE_TOKEN.test(piece));
  const scores = scoresOfPieces(pieces, merges);
  const known = new Set(pieces);
  const ofPieces = merges.filter(([left, right]) => known.has(left + right));
  if (mergesOfPieces(pieces, (piece) => scores.get(piece)!).length !== ofPieces.length) {
    throw unsupported(path, 'its merges are not those of a SentencePiece vocabulary');
  }
  const prefix = [tokenizer['normalizer'], tokenizer['pre_tokenizer']]
    .map(spacePrefix)
    .find((scheme) => scheme !== 'never');
  if (prefix === 'first') {
    writer.notes.push(
      'llama.cpp puts a space before the text that follows a special token, where this tokenizer does so only at the start.',
    );
  }
  writer.begin('llama', 'default');
  writer.scores(scores);
  writer.tokenTypes();
  writer.entries.push(['tokenizer.ggml.add_space_prefix', bool(prefix !== undefined)]);
  return writer.finish();
}
