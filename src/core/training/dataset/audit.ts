import type { Example } from '../../dataset-formats/example.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import type { EncodedRow } from './encode-example.js';

/** Part of a row as the model sees it. */
export interface SampleSpan {
  readonly text: string;
  readonly supervised: boolean;
}

/** What a dataset looks like to the model. */
export interface DatasetAudit {
  readonly rows: number;
  readonly tokens: number;
  readonly supervised_tokens: number;
  /** Supervised tokens per token. */
  readonly supervised_share: number;
  readonly truncated_rows: number;
  readonly rows_with_nothing_to_learn: number;
  /** Rows that repeat an earlier one exactly. */
  readonly duplicate_rows: number;
  /** Tokens per row after truncation; percentiles by nearest rank, so each is the length of some row. */
  readonly token_length: {
    readonly min: number;
    readonly median: number;
    readonly p95: number;
    readonly max: number;
  };
  /** The first row that is learnt from as a whole (or the first at all), with its special tokens. */
  readonly sample: readonly SampleSpan[];
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Tokens of a row that are learnt. */
function supervisedTokens(row: EncodedRow): number {
  return sum(row.supervised);
}

/** @param sorted ascending; the percentiles of nothing are 0 */
function nearestRank(sorted: Int32Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

function contentOf(example: Example): string {
  switch (example.kind) {
    case 'chat':
      return JSON.stringify(example.messages.map(({ role, content }) => [role, content]));
    case 'prompt-completion':
      return JSON.stringify({ prompt: example.prompt, completion: example.completion });
    case 'text':
      return JSON.stringify(example.text);
  }
}

/**
 * A row as text, cut where supervision starts or stops. Decoders treat the start of a text in their own way (some drop
 * its first space), so each part is what it adds to the text before it.
 */
function renderRow({ tokenIds, supervised }: EncodedRow, tokenizer: Tokenizer): SampleSpan[] {
  const ids = [...tokenIds];
  const spans: SampleSpan[] = [];
  let before = '';
  let start = 0;
  for (let end = 1; end <= ids.length; end++) {
    if (end < ids.length && supervised[end] === supervised[start]) continue;
    const text = tokenizer.decode(ids.slice(0, end));
    const added = text.startsWith(before)
      ? text.slice(before.length)
      : tokenizer.decode(ids.slice(start, end));
    spans.push({ text: added, supervised: supervised[start] === 1 });
    before = text;
    start = end;
  }
  return spans;
}

/**
 * Counts what a dataset holds for training, and shows a row as the model will see it.
 *
 * @param examples as read
 * @param rows `rows[i]` is `examples[i]` encoded
 */
export function auditDataset(
  examples: readonly Example[],
  rows: readonly EncodedRow[],
  tokenizer: Tokenizer,
): DatasetAudit {
  const lengths = Int32Array.from(rows, ({ tokenIds }) => tokenIds.length).sort();
  const learnt = rows.map(supervisedTokens);
  const tokens = sum(lengths);
  const supervised = sum(learnt);
  const shown = rows.find((row, index) => !row.truncated && learnt[index]! > 0) ?? rows[0];
  return {
    rows: rows.length,
    tokens,
    supervised_tokens: supervised,
    supervised_share: tokens === 0 ? 0 : supervised / tokens,
    truncated_rows: rows.filter(({ truncated }) => truncated).length,
    rows_with_nothing_to_learn: learnt.filter((count) => count === 0).length,
    duplicate_rows: examples.length - new Set(examples.map(contentOf)).size,
    token_length: {
      min: lengths[0] ?? 0,
      median: nearestRank(lengths, 50),
      p95: nearestRank(lengths, 95),
      max: lengths.at(-1) ?? 0,
    },
    sample: shown === undefined ? [] : renderRow(shown, tokenizer),
  };
}
