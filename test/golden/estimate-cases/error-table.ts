import type { Comparison } from './answer-case.js';
import type { EstimateCase } from './case-input.js';

export interface ErrorRow {
  readonly estimateCase: EstimateCase;
  readonly comparison: Comparison;
}

function short(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  return typeof value === 'string' ? value : '—';
}

/** Estimates beside what was measured, as Markdown. */
export function errorTable(rows: readonly ErrorRow[]): string {
  const lines = rows.map(({ estimateCase, comparison: { key, expected, actual, isMet, reason } }) => {
    const error =
      typeof actual === 'number' && typeof expected === 'number'
        ? `${((actual / expected - 1) * 100).toFixed(1)} %`
        : (reason ?? '—');
    const cells = [estimateCase.id, key, short(actual), short(expected), error, isMet ? 'yes' : 'no'];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| case | figure | estimate | published | error | within its tolerance |',
    '| --- | --- | ---: | ---: | ---: | --- |',
    ...lines,
  ].join('\n');
}
