import { barChart } from '../../core/plots/bar-chart.js';
import type { DataEstimate, TokenLength } from '../../lifecycle/estimate/data.js';
import type { EstimateTable, EstimateView } from '../estimate-command.js';
import { formatCount, formatFigure } from '../format.js';
import { formatShare } from './compute-estimate.js';
import type { ExplainedFigure } from './derivation.js';
import { formatMagnitude } from './scaling-estimate.js';

/** Decimal bytes at three significant digits, up to petabytes: corpora are sold and stored in these. */
function formatDisk(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const rounded = Number(bytes.toPrecision(3));
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(rounded) / 3)));
  return `${formatFigure(Number((rounded / 1000 ** power).toPrecision(3)))} ${units[power]!}`;
}

const range = (low: number, high: number): string =>
  low === high ? formatDisk(low) : `${formatDisk(low)} to ${formatDisk(high)}`;

function kept({ low, high }: DataEstimate['kept_share']): string {
  return low === high ? formatShare(low) : `${formatShare(low)} to ${formatShare(high)}`;
}

/** `chinese-simplified` → `Chinese (simplified)`. */
function languageName(language: string): string {
  const [name = '', kind] = language.split('-');
  return name.charAt(0).toUpperCase() + name.slice(1) + (kind === undefined ? '' : ` (${kind})`);
}

function sourceOfLength({ how, language, tokenizer }: TokenLength): string {
  switch (how) {
    case 'given':
      return 'as given';
    case 'rule':
      return 'rule of thumb for English';
    case 'published':
      return `${languageName(language ?? '')} by ${tokenizer}, published`;
    case 'measured':
      return `measured with ${tokenizer}`;
  }
}

function sizeTable(estimate: DataEstimate): EstimateTable {
  const { tokens, epochs, size, kept_share, token_length, bytes_per_id, words, model } = estimate;
  const most = size.raw_bytes_most.value;
  const bytesPerToken = `${formatFigure(token_length.bytes_per_token.value)} bytes per token (${sourceOfLength(token_length)})`;
  const fits = (bytes: 2 | 4): string => (bytes_per_id === bytes ? ', as this vocabulary needs' : '');
  const subject =
    model === null
      ? `${formatMagnitude(tokens.value)} tokens`
      : `${model.name} on ${formatMagnitude(tokens.value)} tokens`;
  const seen = epochs === 1 ? '' : `, each seen ${formatFigure(epochs)} times`;
  return {
    introduction: `${subject}${seen} ${model === null ? 'take' : 'takes'} this text:`,
    columns: [{ title: '' }, { title: 'size', align: 'right' }, { title: 'what is counted' }],
    rows: [
      ['raw, scraped', range(size.raw_bytes_least.value, most), `curation keeps ${kept(kept_share)} of it`],
      ['curated', formatDisk(size.curated_bytes.value), bytesPerToken],
      [
        'tokenised, 16 bits',
        formatDisk(size.tokenised_bytes_16_bit.value),
        `2 bytes per token, for vocabularies up to 65,536${fits(2)}`,
      ],
      ['tokenised, 32 bits', formatDisk(size.tokenised_bytes_32_bit.value), `4 bytes per token${fits(4)}`],
      ...(words === null ? [] : [['words', formatMagnitude(words.value), 'of the curated text']]),
    ],
  };
}

function sampleTable({ samples }: TokenLength): EstimateTable[] {
  if (samples.length === 0) return [];
  return [
    {
      introduction: 'As measured, in the first MiB of each file at most:',
      columns: [
        { title: 'sample' },
        { title: 'characters', align: 'right' },
        { title: 'words', align: 'right' },
        { title: 'tokens', align: 'right' },
        { title: 'bytes/token', align: 'right' },
        { title: 'tokens/1,000 characters', align: 'right' },
        { title: 'words/token', align: 'right' },
      ],
      rows: samples.map((sample) => [
        sample.name,
        formatCount(sample.characters),
        formatCount(sample.words),
        formatCount(sample.tokens),
        formatFigure(sample.bytes_per_token.value),
        formatFigure(sample.tokens_per_1000_characters.value),
        formatFigure(sample.words_per_token.value),
      ]),
    },
  ];
}

function remarks({ gpt3_kept_share, token_length, epochs, model, tokens }: DataEstimate): string[] {
  const { how, published, language, tokenizer } = token_length;
  const compared = published === null || language === 'english';
  return [
    `For comparison: GPT-3 kept 570 GB of 45 TB of Common Crawl, ${formatShare(gpt3_kept_share.value)}. Sizes are of plain text, without compression and without HTML.`,
    ...(model !== null && tokens.source !== 'as given'
      ? [
          'The tokens are the compute-optimal ones of that size; models that will be run much are trained on more: see genai estimate scaling.',
        ]
      : []),
    ...(compared
      ? []
      : [
          `The same text takes ${formatFigure(published.premium.value)} times as many tokens in ${languageName(language ?? '')} as in English by ${tokenizer}.`,
        ]),
    ...(how === 'rule' || how === 'published'
      ? [
          'A token’s length depends on language, text and tokenizer: measure yours with --tokenizer FOLDER --sample FILE.',
        ]
      : []),
    ...(epochs > 4
      ? [
          'Text seen up to four times is worth nearly as much as new text; beyond that it is worth less and less (Muennighoff et al. 2023, arXiv 2305.16264).',
        ]
      : []),
  ];
}

function figures({ tokens, token_length, size, words, gpt3_kept_share }: DataEstimate): ExplainedFigure[] {
  const { bytes_per_token, published, samples } = token_length;
  return [
    { title: `tokens trained on: ${formatMagnitude(tokens.value)}`, derivation: tokens },
    {
      title: `tokens that differ: ${formatMagnitude(size.unique_tokens.value)}`,
      derivation: size.unique_tokens,
    },
    { title: `bytes per token: ${formatFigure(bytes_per_token.value)}`, derivation: bytes_per_token },
    ...(published === null
      ? []
      : [
          {
            title: `tokens over those of English: ${formatFigure(published.premium.value)}`,
            derivation: published.premium,
          },
        ]),
    { title: `raw text, least: ${formatDisk(size.raw_bytes_least.value)}`, derivation: size.raw_bytes_least },
    { title: `raw text, most: ${formatDisk(size.raw_bytes_most.value)}`, derivation: size.raw_bytes_most },
    { title: `curated text: ${formatDisk(size.curated_bytes.value)}`, derivation: size.curated_bytes },
    {
      title: `tokens of 16 bits: ${formatDisk(size.tokenised_bytes_16_bit.value)}`,
      derivation: size.tokenised_bytes_16_bit,
    },
    {
      title: `tokens of 32 bits: ${formatDisk(size.tokenised_bytes_32_bit.value)}`,
      derivation: size.tokenised_bytes_32_bit,
    },
    ...(words === null ? [] : [{ title: `words: ${formatMagnitude(words.value)}`, derivation: words }]),
    ...samples.flatMap((sample) => [
      {
        title: `${sample.name}, bytes per token: ${formatFigure(sample.bytes_per_token.value)}`,
        derivation: sample.bytes_per_token,
      },
      {
        title: `${sample.name}, tokens per 1,000 characters: ${formatFigure(sample.tokens_per_1000_characters.value)}`,
        derivation: sample.tokens_per_1000_characters,
      },
      {
        title: `${sample.name}, words per token: ${formatFigure(sample.words_per_token.value)}`,
        derivation: sample.words_per_token,
      },
    ]),
    { title: `share that GPT-3 kept: ${formatShare(gpt3_kept_share.value)}`, derivation: gpt3_kept_share },
  ];
}

/** A data estimate in every form. */
export function viewData(estimate: DataEstimate): EstimateView {
  const { size, tokens, token_length } = estimate;
  const bars = [
    { label: 'raw, most', value: size.raw_bytes_most.value },
    { label: 'raw, least', value: size.raw_bytes_least.value },
    { label: 'curated', value: size.curated_bytes.value },
    { label: 'tokens of 16 bits', value: size.tokenised_bytes_16_bit.value },
    { label: 'tokens of 32 bits', value: size.tokenised_bytes_32_bit.value },
  ];
  return {
    tables: [sizeTable(estimate), ...sampleTable(token_length)],
    remarks: remarks(estimate),
    figures: figures(estimate),
    records: [
      {
        tokens: tokens.value,
        unique_tokens: size.unique_tokens.value,
        bytes_per_token: token_length.bytes_per_token.value,
        raw_bytes_least: size.raw_bytes_least.value,
        raw_bytes_most: size.raw_bytes_most.value,
        curated_bytes: size.curated_bytes.value,
        tokenised_bytes_16_bit: size.tokenised_bytes_16_bit.value,
        tokenised_bytes_32_bit: size.tokenised_bytes_32_bit.value,
        words: estimate.words?.value ?? null,
      },
    ],
    chart: () =>
      barChart(bars, {
        title: `Text for ${formatMagnitude(tokens.value)} tokens`,
        x: 'size on disk',
        formatValue: formatDisk,
      }),
  };
}
