import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { keptShare, USUAL_KEPT_SHARE } from '../../core/compute/curation.js';
import { corpusSize, LARGEST_16_BIT_VOCABULARY, type CorpusSize } from '../../core/corpora/corpus-size.js';
import {
  PUBLISHED_LANGUAGES,
  PUBLISHED_TOKENIZERS,
  publishedTextLengths,
  RULE_BYTES_PER_TOKEN,
  RULE_SOURCE,
  RULE_WORDS_PER_TOKEN,
  type PublishedTextLengths,
  type PublishedTokenizer,
} from '../../core/corpora/text-lengths.js';
import { addMeasurements, measureText, type TextMeasurement } from '../../core/corpora/text-measurement.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { figure, type Figure } from '../../core/estimates/figure.js';
import { didYouMean } from '../../core/near-matches.js';
import { EPOCH } from '../../core/scaling-laws/laws.js';
import { isGgufFile } from '../../core/checkpoints/gguf/index.js';
import { loadTokenizer, type Tokenizer } from '../../core/tokenizers/tokenizer.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';
import {
  resolveModel,
  type ResolvedModel,
  type ResolveModelPorts,
} from '../../core/selection/resolve-model.js';

const positive = z.number().positive();
const share = positive.max(1);
const tokenizerNames = Object.keys(PUBLISHED_TOKENIZERS) as [PublishedTokenizer, ...PublishedTokenizer[]];

const optionsSchema = z.object({
  /** As `resolveModel` takes it; without `tokens` it is trained compute-optimally. */
  model: z.string().min(1).optional(),
  /** Tokens to train on. */
  tokens: positive.optional(),
  /** How often each token is seen. */
  epochs: positive.min(1).default(1),
  /** Share of the scraped text that curation leaves: one for a single figure; by default 1 to 3 %. */
  kept: share.optional(),
  bytesPerToken: positive.optional(),
  /** One of `PUBLISHED_LANGUAGES`. */
  language: z.string().min(1).optional(),
  /** Tokenizer of the published lengths of that language. */
  vocabulary: z.enum(tokenizerNames).default('gpt2'),
  /** A folder that holds a `tokenizer.json`, that file, or a GGUF file. */
  tokenizer: z.string().min(1).optional(),
  /** Text files to measure with it. */
  sample: z.array(z.string().min(1)).min(1).optional(),
});

/** Options of {@link estimateData}. */
export type EstimateDataOptions = z.input<typeof optionsSchema>;

/** One text file measured with a tokenizer. */
export interface MeasuredSample extends TextMeasurement {
  readonly name: string;
}

/** What a token stands for, and who says so. */
export interface TokenLength {
  readonly how: 'given' | 'rule' | 'published' | 'measured';
  readonly bytes_per_token: Figure;
  /** `null` where nobody says. */
  readonly words_per_token: Figure | null;
  /** For published lengths: their language and tokenizer. */
  readonly language: string | null;
  readonly tokenizer: string | null;
  readonly published: PublishedTextLengths | null;
  readonly samples: readonly MeasuredSample[];
  /** Size of the vocabulary; `null` where no tokenizer is known. */
  readonly vocabulary: number | null;
}

/** An estimate of the text that training takes. */
export interface DataEstimate {
  readonly model: { readonly name: string; readonly active_parameters: number } | null;
  /** Tokens trained on: as given, or compute-optimal for the model. */
  readonly tokens: Figure;
  readonly epochs: number;
  readonly token_length: TokenLength;
  readonly kept_share: { readonly low: number; readonly high: number };
  readonly size: CorpusSize;
  /** Words of the curated text; `null` where nobody says how many a token stands for. */
  readonly words: Figure | null;
  /** Bytes that one token id takes: 2 or 4; `null` where no vocabulary is known. */
  readonly bytes_per_id: 2 | 4 | null;
  /** What is known of one corpus: the share of Common Crawl that GPT-3 kept. */
  readonly gpt3_kept_share: Figure;
}

/** Bytes of one sample that are measured at most: enough for three significant digits. */
const SAMPLE_BYTES = 2 ** 20;

async function tokenizerAt(path: string, files: FileSystem): Promise<Tokenizer> {
  if (await isGgufFile(files, path)) return loadTokenizer(files, path);
  const isFile = (await files.stat(path))?.kind === 'file';
  if (isFile && basename(path) !== 'tokenizer.json') {
    throw new ToolkitError(
      `--tokenizer ${path}: neither a tokenizer.json nor a GGUF file`,
      'USAGE',
      'Name a tokenizer.json, a folder that holds one, or a GGUF file.',
    );
  }
  return loadTokenizer(files, isFile ? dirname(path) : path);
}

/** The beginning of a text file. */
async function readSample(path: string, files: FileSystem): Promise<string> {
  const file = await files.open(path);
  try {
    const bytes = await file.read(0, Math.min(file.size, SAMPLE_BYTES));
    const isWhole = bytes.length === file.size;
    // A character that is cut at the end is left out.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole });
  } catch (error) {
    if (error instanceof ToolkitError) throw error;
    throw new ToolkitError(
      `--sample ${path}: is not UTF-8 text`,
      'BAD_DATASET',
      'Convert it to UTF-8.',
      error,
    );
  } finally {
    await file.close();
  }
}

async function measured(
  tokenizerPath: string | undefined,
  samples: readonly string[] | undefined,
  files: FileSystem,
): Promise<TokenLength> {
  if (tokenizerPath === undefined || samples === undefined) {
    throw new ToolkitError(
      tokenizerPath === undefined
        ? '--sample: a tokenizer to measure it with is missing'
        : '--tokenizer: text to measure with it is missing',
      'USAGE',
      'Give both: --tokenizer FOLDER --sample FILE.',
    );
  }
  const tokenizer = await tokenizerAt(tokenizerPath, files);
  const results: MeasuredSample[] = [];
  for (const path of samples) {
    const text = await readSample(path, files);
    const measurement = measureText(text, tokenizer, `measured: ${path} with ${tokenizerPath}`);
    if (measurement === undefined) {
      throw new ToolkitError(`--sample ${path}: holds no text`, 'BAD_DATASET', 'Name a file with text.');
    }
    results.push({ name: path, ...measurement });
  }
  const { bytes_per_token, words_per_token } = addMeasurements(
    results,
    `measured: ${samples.join(', ')} with ${tokenizerPath}`,
  );
  return {
    how: 'measured',
    bytes_per_token,
    words_per_token,
    language: null,
    tokenizer: tokenizerPath,
    published: null,
    samples: results,
    vocabulary: tokenizer.vocabularySize,
  };
}

function published(language: string, tokenizer: PublishedTokenizer): TokenLength {
  const lengths = publishedTextLengths(language.trim().toLowerCase(), tokenizer);
  if (lengths === undefined) {
    const near = didYouMean(language, PUBLISHED_LANGUAGES);
    throw new ToolkitError(
      `--language ${language}: no length of its text is published here`,
      'USAGE',
      `${near === undefined ? '' : `${near} `}Known: ${PUBLISHED_LANGUAGES.join(', ')}. For others measure a text with --tokenizer FOLDER --sample FILE.`,
    );
  }
  return {
    how: 'published',
    bytes_per_token: lengths.bytes_per_token,
    words_per_token: null,
    language: language.trim().toLowerCase(),
    tokenizer,
    published: lengths,
    samples: [],
    vocabulary: PUBLISHED_TOKENIZERS[tokenizer],
  };
}

async function tokenLength(
  options: z.output<typeof optionsSchema>,
  model: ResolvedModel | undefined,
  files: FileSystem,
): Promise<TokenLength> {
  const { bytesPerToken, language, vocabulary, tokenizer, sample } = options;
  const ways = [
    ['--bytes-per-token', bytesPerToken],
    ['--language', language],
    ['--tokenizer with --sample', tokenizer ?? sample],
  ].filter(([, value]) => value !== undefined);
  if (ways.length > 1) {
    throw new ToolkitError(
      `${ways.map(([flag]) => String(flag)).join(' and ')}: each says how long a token is`,
      'USAGE',
      'Keep one of them.',
    );
  }
  if (tokenizer !== undefined || sample !== undefined) return measured(tokenizer, sample, files);
  if (language !== undefined) return published(language, vocabulary);
  const isRule = bytesPerToken === undefined;
  return {
    how: isRule ? 'rule' : 'given',
    bytes_per_token: figure(
      'bytes_per_token',
      { bytes_per_token: bytesPerToken ?? RULE_BYTES_PER_TOKEN },
      { source: isRule ? RULE_SOURCE : 'as given' },
    ),
    words_per_token: isRule
      ? figure('words_per_token', { words_per_token: RULE_WORDS_PER_TOKEN }, { source: RULE_SOURCE })
      : null,
    language: isRule ? 'english' : null,
    tokenizer: null,
    published: null,
    samples: [],
    // A bare count says nothing of its vocabulary.
    vocabulary: model === undefined || model.source === 'count' ? null : model.model.shape.vocabulary,
  };
}

/**
 * Raw text, curated text and disk that training on so many tokens takes.
 *
 * @throws ToolkitError `USAGE` for options that make no sense or say too little, `BAD_DATASET` for a sample without text;
 *   and as `resolveModel` and `loadTokenizer`
 */
export async function estimateData(
  options: EstimateDataOptions,
  ports: ResolveModelPorts,
): Promise<DataEstimate> {
  const chosen = parseOptions(optionsSchema, options);
  if (chosen.model === undefined && chosen.tokens === undefined) {
    throw new ToolkitError(
      'How much is to be trained on is missing: --tokens, or a MODEL',
      'USAGE',
      'Give --tokens 300B, or a MODEL, whose compute-optimal tokens are then taken.',
    );
  }
  const resolved = chosen.model === undefined ? undefined : await resolveModel(chosen.model, ports);
  const parameters = resolved?.model.activeParameters;
  const tokens =
    chosen.tokens === undefined
      ? EPOCH.tokensFor(parameters!)
      : figure('tokens', { tokens: chosen.tokens }, { source: 'as given' });
  const length = await tokenLength(chosen, resolved, ports.fileSystem);
  const kept_share = chosen.kept === undefined ? USUAL_KEPT_SHARE : { low: chosen.kept, high: chosen.kept };
  const size = corpusSize({
    tokens: tokens.value,
    epochs: chosen.epochs,
    bytesPerToken: length.bytes_per_token.value,
    source: length.bytes_per_token.source,
    keptShare: kept_share,
  });
  const { vocabulary, words_per_token } = length;
  return {
    model:
      resolved === undefined
        ? null
        : { name: resolved.name, active_parameters: resolved.model.activeParameters },
    tokens,
    epochs: chosen.epochs,
    token_length: length,
    kept_share,
    size,
    words:
      words_per_token &&
      figure(
        'unique_tokens * words_per_token',
        { unique_tokens: size.unique_tokens.value, words_per_token: words_per_token.value },
        { source: words_per_token.source },
      ),
    bytes_per_id: vocabulary === null ? null : vocabulary <= LARGEST_16_BIT_VOCABULARY ? 2 : 4,
    gpt3_kept_share: keptShare({ raw: 45e12, kept: 570e9 }),
  };
}
