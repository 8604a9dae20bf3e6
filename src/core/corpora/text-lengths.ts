import { figure, type Figure } from '../estimates/figure.js';

/** Tokenizers whose lengths were published, each with the size of its vocabulary. */
export const PUBLISHED_TOKENIZERS = {
  gpt2: 50_257,
  cl100k_base: 100_277,
  llama: 32_000,
  bloom: 250_680,
} as const;
export type PublishedTokenizer = keyof typeof PUBLISHED_TOKENIZERS;

/** The 2,009 sentences of FLORES-200 in one language. */
interface TextLengths {
  readonly utf8Bytes: number;
  readonly characters: number;
  readonly tokens: Readonly<Record<PublishedTokenizer, number>>;
}

const SOURCE =
  'Petrov et al. 2023, arXiv 2305.15425: the same sentences (FLORES-200) in every language; AleksandarPetrov/tokenization-fairness, assets/tokenization_lengths_validated.csv at 365c3f8 (columns ByT5, CANINE, GPT-2, cl100k_base, LLAMA, BLOOM)';

/** Language, UTF-8 bytes, characters, and tokens by GPT-2, cl100k_base, LLaMA and BLOOM. */
// prettier-ignore
const ROWS: readonly (readonly [string, number, number, number, number, number, number])[] = [
  ['amharic', 445855, 174268, 409343, 405644, 443868, 269501],
  ['arabic', 413881, 228923, 231316, 160485, 207440, 60841],
  ['basque', 276279, 275448, 110251, 99592, 108692, 60830],
  ['bengali', 676264, 254327, 507509, 308325, 325868, 62014],
  ['bulgarian', 489890, 270630, 289393, 139501, 107854, 132248],
  ['burmese', 911313, 320882, 887930, 618268, 507396, 534510],
  ['catalan', 291806, 285853, 100917, 90427, 91628, 62983],
  ['chinese-simplified', 240075, 87445, 168850, 101138, 121054, 50330],
  ['chinese-traditional', 229715, 81884, 165883, 114977, 131234, 51471],
  ['czech', 280405, 251082, 137859, 111264, 102617, 107754],
  ['danish', 272408, 266753, 100083, 85831, 93112, 88852],
  ['dutch', 289068, 288665, 103566, 84254, 88654, 90731],
  ['english', 259396, 259170, 52567, 52835, 60621, 53174],
  ['finnish', 287021, 276102, 119621, 105276, 115792, 100568],
  ['french', 320613, 308489, 104971, 84407, 89027, 63881],
  ['georgian', 764251, 283885, 727866, 520316, 294939, 264919],
  ['german', 307304, 302377, 112600, 83450, 85593, 89320],
  ['greek', 562986, 310159, 343953, 271846, 302389, 202450],
  ['hausa', 279824, 276665, 112972, 105931, 114687, 94598],
  ['hebrew', 359555, 201565, 231019, 193616, 199677, 155280],
  ['hindi', 661374, 258472, 392092, 253270, 278602, 68276],
  ['hungarian', 299608, 272675, 139602, 113411, 108536, 109899],
  ['indonesian', 281022, 280788, 104006, 82006, 106808, 51241],
  ['italian', 307457, 305238, 105594, 86628, 88747, 86218],
  ['japanese', 329167, 113611, 157858, 121627, 135526, 96085],
  ['khmer', 864382, 305984, 805983, 469026, 621959, 340448],
  ['korean', 310727, 130986, 266663, 125737, 192635, 148546],
  ['malay', 289645, 288891, 107633, 85585, 110647, 56793],
  ['norwegian', 266748, 261039, 97720, 82508, 90717, 85981],
  ['persian', 440163, 244860, 279481, 173333, 241410, 94432],
  ['polish', 292098, 274970, 141182, 101102, 103147, 113594],
  ['portuguese', 289511, 281590, 101774, 78313, 86127, 59813],
  ['romanian', 307925, 291717, 130433, 99201, 103046, 101592],
  ['russian', 514650, 282208, 301727, 131496, 99173, 132062],
  ['spanish', 314077, 308284, 104549, 81735, 88191, 64466],
  ['swahili', 272166, 271792, 112044, 103109, 112503, 66080],
  ['swedish', 271024, 260666, 102557, 83368, 87331, 87945],
  ['tagalog', 326793, 326630, 119822, 108909, 121365, 98578],
  ['tamil', 822452, 302271, 819110, 404265, 355883, 67792],
  ['telugu', 694562, 261716, 688151, 440831, 649151, 70848],
  ['thai', 713841, 248859, 475633, 231995, 263883, 246116],
  ['turkish', 289924, 266383, 127797, 101176, 126485, 104088],
  ['ukrainian', 483479, 265408, 302058, 158296, 104477, 146145],
  ['urdu', 455529, 256560, 331280, 231974, 264871, 72171],
  ['vietnamese', 360436, 272596, 238544, 129258, 177067, 67335],
  ['yoruba', 332203, 251232, 204447, 156430, 163476, 87077],
];

const LENGTHS: ReadonlyMap<string, TextLengths> = new Map(
  ROWS.map(([language, utf8Bytes, characters, gpt2, cl100k_base, llama, bloom]) => [
    language,
    { utf8Bytes, characters, tokens: { gpt2, cl100k_base, llama, bloom } },
  ]),
);

/** Languages whose lengths were published: by their English names. */
export const PUBLISHED_LANGUAGES: readonly string[] = [...LENGTHS.keys()];

const LEAVES_OUT =
  'line breaks, markup and numbers of real web text, which make tokens shorter; the sentences are clean prose';

/** How long text of one language is, by one tokenizer. */
export interface PublishedTextLengths {
  readonly bytes_per_token: Figure;
  readonly tokens_per_1000_characters: Figure;
  /** Tokens over those of the same text in English. */
  readonly premium: Figure;
}

/**
 * Lengths measured and published by others.
 *
 * @returns `undefined` for a language that is not among {@link PUBLISHED_LANGUAGES}
 */
export function publishedTextLengths(
  language: string,
  tokenizer: PublishedTokenizer,
): PublishedTextLengths | undefined {
  const lengths = LENGTHS.get(language);
  const english = LENGTHS.get('english');
  if (lengths === undefined || english === undefined) return undefined;
  const tokens = lengths.tokens[tokenizer];
  const notes = { source: SOURCE, leavesOut: LEAVES_OUT };
  return {
    bytes_per_token: figure('utf8_bytes / tokens', { utf8_bytes: lengths.utf8Bytes, tokens }, notes),
    tokens_per_1000_characters: figure(
      '1000 * tokens / characters',
      { tokens, characters: lengths.characters },
      notes,
    ),
    premium: figure('tokens / english_tokens', { tokens, english_tokens: english.tokens[tokenizer] }, notes),
  };
}

/** Bytes of English text that a token stands for, and words, where nothing is measured. */
export const RULE_BYTES_PER_TOKEN = 4;
export const RULE_WORDS_PER_TOKEN = 0.75;
export const RULE_SOURCE =
  'rule of thumb for English: 4 characters or ¾ of a word per token (OpenAI help centre, What are tokens and how to count them)';
