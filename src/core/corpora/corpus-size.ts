import { figure, type Figure } from '../estimates/figure.js';

/** What decides the size of a training corpus on disk. */
export interface CorpusPlan {
  /** Tokens that are trained on. */
  readonly tokens: number;
  /** How often each is seen. */
  readonly epochs: number;
  readonly bytesPerToken: number;
  /** Where the bytes per token come from. */
  readonly source: string;
  /** Share of the raw text that curation leaves. */
  readonly keptShare: { readonly low: number; readonly high: number };
}

/** A training corpus on disk, in bytes. */
export interface CorpusSize {
  /** Tokens that differ. */
  readonly unique_tokens: Figure;
  /** Plain UTF-8 text, not compressed. */
  readonly curated_bytes: Figure;
  /** Raw text where curation keeps the larger share. */
  readonly raw_bytes_least: Figure;
  /** Raw text where it keeps the smaller share. */
  readonly raw_bytes_most: Figure;
  /** As token ids of 16 bits, enough for vocabularies up to 65,536, and of 32. */
  readonly tokenised_bytes_16_bit: Figure;
  readonly tokenised_bytes_32_bit: Figure;
}

/** Largest vocabulary whose ids fit 16 bits. */
export const LARGEST_16_BIT_VOCABULARY = 2 ** 16;

const CURATION =
  'curation of scraped text keeps 1 to 3 % (rule of thumb; GPT-3 kept 570 GB of 45 TB, 1.27 %: arXiv 2005.14165, section 2.2)';
const UNCOMPRESSED = 'compression, and the HTML that the text was taken from';

/** Text needed for training, raw, curated and as token ids. */
export function corpusSize({ tokens, epochs, bytesPerToken, source, keptShare }: CorpusPlan): CorpusSize {
  const unique_tokens = figure(
    'tokens / epochs',
    { tokens, epochs },
    { source: 'every token is seen once an epoch' },
  );
  const unique = { unique_tokens: unique_tokens.value };
  const curated_bytes = figure(
    'unique_tokens * bytes_per_token',
    { ...unique, bytes_per_token: bytesPerToken },
    { source, leavesOut: 'compression' },
  );
  const raw = (kept_share: number): Figure =>
    figure(
      'curated_bytes / kept_share',
      { curated_bytes: curated_bytes.value, kept_share },
      { source: CURATION, leavesOut: UNCOMPRESSED },
    );
  const tokenised = (bytes_per_id: number): Figure =>
    figure(
      'unique_tokens * bytes_per_id',
      { ...unique, bytes_per_id },
      { source: 'one unsigned integer for each token', leavesOut: 'the index of documents' },
    );
  return {
    unique_tokens,
    curated_bytes,
    raw_bytes_least: raw(keptShare.high),
    raw_bytes_most: raw(keptShare.low),
    tokenised_bytes_16_bit: tokenised(2),
    tokenised_bytes_32_bit: tokenised(4),
  };
}
