import type { VerificationRow } from '../../core/exports/verify/compare-runners.js';
import type { VerifyResult } from '../../lifecycle/deploy/verify.js';
import type { Column } from '../table.js';

/** Columns of the table of a verification. */
export const VERIFICATION_COLUMNS: readonly Column[] = [
  { title: 'compared' },
  { title: 'original', align: 'right' },
  { title: 'export', align: 'right' },
  { title: 'limit', align: 'right' },
  { title: 'verdict' },
];

const figure = (value: number): string => String(Number(value.toPrecision(3)));

/** Shares are shown in per cent, and are to be reached; all else is not to be passed. */
function limitOf({ check, limit, original }: VerificationRow): string {
  if (limit === null) return '';
  if (check === 'same likeliest token' || check === 'greedy tokens') return `≥ ${figure(100 * limit)} %`;
  if (check === 'perplexity') return `± ${figure(100 * limit)} %`;
  return String(limit) === original || check === 'stop tokens' ? '' : `≤ ${figure(limit)}`;
}

/** One line for everything that was compared. */
export function verificationRows(rows: readonly VerificationRow[]): string[][] {
  return rows.map((row) => [row.check, row.original, row.exported, limitOf(row), row.verdict]);
}

/** First differences, and what users should know; paragraphs, not made safe for a terminal. */
export function verificationParagraphs(result: VerifyResult): string[] {
  const all = [...result.rows, ...result.stored_rows];
  const failed = all.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);
  return [
    ...all.flatMap(({ check, detail }) => (detail === null ? [] : [`${check}: ${detail}`])),
    ...result.notes,
    failed.length === 0
      ? `Verified: ${result.export} is ${result.against} within the limits for ${result.precision}, run in ${result.runtime}.`
      : `NOT the same model: ${result.export} fails in ${[...new Set(failed)].join(', ')}.`,
  ];
}
