import { figure, type Figure } from '../estimates/figure.js';

/** What measuring needs of a tokenizer. */
export interface TextEncoderToTokens {
  encode(text: string, options: { readonly addSpecialTokens: boolean }): readonly number[];
}

/** How long a text is, in every unit. */
export interface TextMeasurement {
  readonly utf8_bytes: number;
  /** Unicode code points. */
  readonly characters: number;
  /** As Unicode separates them (UAX 29), which in Chinese, Japanese or Thai takes a dictionary. */
  readonly words: number;
  readonly tokens: number;
  readonly bytes_per_token: Figure;
  readonly tokens_per_1000_characters: Figure;
  readonly words_per_token: Figure;
}

/** Characters encoded at once: some tokenizers take time that grows with the square of the length. */
const PIECE_LENGTH = 16_384;

/** Cuts a text behind line ends, in pieces that are not much longer than wanted. */
function pieces(text: string): string[] {
  const result: string[] = [];
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf('\n', start + PIECE_LENGTH);
    const end = lineEnd === -1 ? text.length : lineEnd + 1;
    result.push(text.slice(start, end));
    start = end;
  }
  return result;
}

/**
 * Measures a text with a tokenizer. Special tokens are not added.
 *
 * @param source what was measured with what, for the figures
 * @returns `undefined` for a text without a single token
 */
export function measureText(
  text: string,
  tokenizer: TextEncoderToTokens,
  source: string,
): TextMeasurement | undefined {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  let tokens = 0;
  let words = 0;
  for (const piece of pieces(text)) {
    tokens += tokenizer.encode(piece, { addSpecialTokens: false }).length;
    for (const { isWordLike } of segmenter.segment(piece)) if (isWordLike) words++;
  }
  if (tokens === 0) return undefined;
  let characters = 0;
  for (const _character of text) characters++;
  return measurement(
    { utf8_bytes: new TextEncoder().encode(text).length, characters, words, tokens },
    source,
  );
}

type Counts = Pick<TextMeasurement, 'utf8_bytes' | 'characters' | 'words' | 'tokens'>;

function measurement(counts: Counts, source: string): TextMeasurement {
  const { utf8_bytes, characters, words, tokens } = counts;
  return {
    ...counts,
    bytes_per_token: figure('utf8_bytes / tokens', { utf8_bytes, tokens }, { source }),
    tokens_per_1000_characters: figure('1000 * tokens / characters', { tokens, characters }, { source }),
    words_per_token: figure('words / tokens', { words, tokens }, { source }),
  };
}

/** Several measurements as one, every text with the weight of its length. */
export function addMeasurements(measurements: readonly TextMeasurement[], source: string): TextMeasurement {
  const total = (key: keyof Counts): number => measurements.reduce((sum, each) => sum + each[key], 0);
  return measurement(
    {
      utf8_bytes: total('utf8_bytes'),
      characters: total('characters'),
      words: total('words'),
      tokens: total('tokens'),
    },
    source,
  );
}
