import { ToolkitError } from '../errors/toolkit-error.js';

/**
 * How text is cut before bytes are merged: contractions, words with the one character before them, single digits,
 * runs of punctuation, line breaks, spaces. It is the pattern published with Llama 3, except that digits stand alone
 * (numbers then have one spelling) and that the contractions list both cases, because `(?i:…)` is younger in
 * JavaScript than the Node versions supported here.
 */
export const SPLIT_PATTERN =
  "'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Settings of {@link trainBytePairEncoding}. */
export interface BytePairEncodingOptions {
  /** Number of tokens in all: special tokens, the 256 bytes and the merges. */
  readonly vocabularySize: number;
  /** Tokens that are never built by merges; they take the ids from 0, in this order. */
  readonly specialTokens?: readonly string[];
  /** Pairs seen fewer times than this are not merged. Default 2. */
  readonly minimumFrequency?: number;
}

/** What `tokenizer.json` holds for a byte-level BPE tokenizer (Hugging Face `tokenizers`, format version 1.0). */
export interface BytePairTokenizerJson {
  readonly version: '1.0';
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly {
    readonly id: number;
    readonly content: string;
    readonly single_word: false;
    readonly lstrip: false;
    readonly rstrip: false;
    readonly normalized: false;
    readonly special: true;
  }[];
  readonly normalizer: null;
  readonly pre_tokenizer: object;
  readonly post_processor: null;
  readonly decoder: object;
  readonly model: {
    readonly type: 'BPE';
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly [setting: string]: unknown;
  };
}

const BYTES = 256;
const DEFAULT_MINIMUM_FREQUENCY = 2;

/**
 * Learns a byte-level byte-pair encoding from text.
 *
 * The most frequent adjacent pair is merged again and again until the vocabulary is full. Equal counts are broken by
 * the lower token ids, as in the `BpeTrainer` of Hugging Face `tokenizers`, whose merges this reproduces. A word is
 * stored once with its count, and a merge visits only the words that hold the pair, so the time depends on the number
 * of different words, not on the length of the text (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909).
 *
 * @param documents texts; a special token spelt out inside one is ordinary text
 * @returns the content of `tokenizer.json`; ids: special tokens, then the 256 bytes, then merges in the order learnt
 * @throws ToolkitError `USAGE` when the vocabulary cannot hold the bytes and special tokens, or a special token is
 * empty or given twice
 */
export function trainBytePairEncoding(
  documents: Iterable<string>,
  options: BytePairEncodingOptions,
): BytePairTokenizerJson {
  const specialTokens = options.specialTokens ?? [];
  checkOptions(options.vocabularySize, specialTokens);

  // Bytes are numbered in the order of the characters that write them, as the reference trainer does.
  const byteCharacters = byteLevelCharacters();
  const alphabet = byteCharacters.filter((character) => !specialTokens.includes(character)).sort(byCodePoint);
  const tokens = [...specialTokens, ...alphabet];
  const idOfToken = new Map(tokens.map((token, id) => [token, id]));
  const idOfByte = byteCharacters.map((character) => idOfToken.get(character)!);

  const words: Word[] = [];
  for (const [text, count] of countWords(documents)) {
    words.push({ symbols: Array.from(new TextEncoder().encode(text), (byte) => idOfByte[byte]!), count });
  }

  const merges = learnMerges(
    words,
    tokens,
    idOfToken,
    options.vocabularySize,
    options.minimumFrequency ?? DEFAULT_MINIMUM_FREQUENCY,
  );
  return describeTokenizer(specialTokens, tokens, merges);
}

interface Word {
  /** Token ids; gets shorter as pairs merge. */
  readonly symbols: number[];
  readonly count: number;
}

interface Candidate {
  readonly first: number;
  readonly second: number;
  /** How often the pair stands in the text, as known when the candidate was queued. */
  count: number;
  /** Indices of the words to visit, ascending. */
  readonly words: number[];
}

function checkOptions(vocabularySize: number, specialTokens: readonly string[]): void {
  const least = BYTES + specialTokens.length;
  if (!Number.isSafeInteger(vocabularySize) || vocabularySize < least) {
    throw new ToolkitError(
      `A vocabulary of ${vocabularySize} cannot hold ${BYTES} bytes and ${specialTokens.length} special tokens`,
      'USAGE',
      `Ask for a whole number of at least ${least}.`,
    );
  }
  if (specialTokens.includes('') || new Set(specialTokens).size !== specialTokens.length) {
    throw new ToolkitError(
      'The special tokens hold an empty or repeated one',
      'USAGE',
      'Name each of them once.',
    );
  }
}

function byCodePoint(a: string, b: string): number {
  return a.codePointAt(0)! - b.codePointAt(0)!;
}

/**
 * The printable character that stands for each byte in a byte-level vocabulary: itself where Latin-1 prints it, else
 * the next free one from U+0100 on (GPT-2's `bytes_to_unicode`).
 */
export function byteLevelCharacters(): string[] {
  let spare = BYTES;
  return Array.from({ length: BYTES }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : spare++);
  });
}

function countWords(documents: Iterable<string>): Map<string, number> {
  const pattern = new RegExp(SPLIT_PATTERN, 'gu');
  const counts = new Map<string, number>();
  for (const document of documents) {
    for (const word of document.match(pattern) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Appends the learnt tokens to `tokens` and `idOfToken`, and returns the merges in order of rank. */
function learnMerges(
  words: readonly Word[],
  tokens: string[],
  idOfToken: Map<string, number>,
  vocabularySize: number,
  minimumFrequency: number,
): [number, number][] {
  const keyOf = (first: number, second: number): number => first * vocabularySize + second;
  const pairCounts = new Map<number, number>();
  let fresh = new Map<number, Candidate>();

  const addPair = (first: number, second: number, change: number, word: number): void => {
    const key = keyOf(first, second);
    pairCounts.set(key, (pairCounts.get(key) ?? 0) + change);
    if (change < 0) return;
    const candidate = fresh.get(key);
    if (candidate === undefined) fresh.set(key, { first, second, count: 0, words: [word] });
    else if (candidate.words.at(-1) !== word) candidate.words.push(word);
  };

  const queue = new CandidateQueue();
  const queueFreshPairs = (): void => {
    for (const [key, candidate] of fresh) {
      candidate.count = pairCounts.get(key)!;
      if (candidate.count > 0) queue.push(candidate);
    }
    fresh = new Map();
  };

  words.forEach(({ symbols, count }, index) => {
    for (let i = 1; i < symbols.length; i++) addPair(symbols[i - 1]!, symbols[i]!, count, index);
  });
  queueFreshPairs();

  const merges: [number, number][] = [];
  while (tokens.length < vocabularySize) {
    const best = queue.pop();
    if (best === undefined) break;
    const { first, second } = best;
    const count = pairCounts.get(keyOf(first, second))!;
    if (best.count !== count) {
      // Other merges have used up some of these pairs since: queue it again at its true place.
      best.count = count;
      queue.push(best);
      continue;
    }
    if (count < Math.max(1, minimumFrequency)) break;

    // Two pairs never spell the same token, but a pair can spell a special token, which then keeps its id.
    const token = tokens[first]! + tokens[second]!;
    const merged = idOfToken.get(token) ?? tokens.length;
    if (merged === tokens.length) {
      tokens.push(token);
      idOfToken.set(token, merged);
    }
    merges.push([first, second]);
    for (const index of best.words) mergeInWord(words[index]!, index, first, second, merged, addPair);
    queueFreshPairs();
  }
  return merges;
}

/** Replaces each `first second` of a word by `merged`, left to right, and reports the pairs that come and go. */
function mergeInWord(
  { symbols, count }: Word,
  index: number,
  first: number,
  second: number,
  merged: number,
  addPair: (first: number, second: number, change: number, word: number) => void,
): void {
  let kept = 0;
  for (let i = 0; i < symbols.length; i++, kept++) {
    if (symbols[i] !== first || symbols[i + 1] !== second) {
      symbols[kept] = symbols[i]!;
      continue;
    }
    i++;
    if (kept > 0) {
      addPair(symbols[kept - 1]!, first, -count, index);
      addPair(symbols[kept - 1]!, merged, count, index);
    }
    if (i + 1 < symbols.length) {
      addPair(second, symbols[i + 1]!, -count, index);
      addPair(merged, symbols[i + 1]!, count, index);
    }
    symbols[kept] = merged;
  }
  symbols.length = kept;
}

/** Binary heap of candidates: highest count first, then lowest ids. */
class CandidateQueue {
  private readonly heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const { heap } = this;
    let child = heap.length;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(candidate, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = candidate;
  }

  pop(): Candidate | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
    return top;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.first !== b.first ? a.first < b.first : a.second < b.second;
}

function describeTokenizer(
  specialTokens: readonly string[],
  tokens: readonly string[],
  merges: readonly (readonly [number, number])[],
): BytePairTokenizerJson {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: SPLIT_PATTERN }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    // Decoding reads none of these settings; they are the library's defaults.
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([first, second]) => [tokens[first]!, tokens[second]!]),
    },
  };
}
