import type { NextTokenExplanation } from '../../core/generation/explain-distribution.js';
import { bar } from '../bar.js';
import { formatCount } from '../format.js';
import type { TextOutput } from '../ports.js';
import { renderTable, type Column } from '../table.js';
import { sanitizeForTerminal, truncateToWidth } from '../terminal-text.js';

/** Cells of a token's text at most. */
const TOKEN_CELLS = 20;
/** Cells of the longest bar. */
const BAR_CELLS = 20;

type Stage = NextTokenExplanation['stages'][number];

/** A setting as the flag that sets it: `--top-k 5`. */
function titleOf({ setting, value }: Stage): string {
  return setting === null ? 'model' : `--${setting.replaceAll('_', '-')} ${value}`;
}

/** A probability in percent; one that is nothing is out of the question, and shown as that. */
function percentage(probability: number): string {
  if (probability === 0) return '–';
  return probability < 0.0005 ? '<0.1 %' : `${(probability * 100).toFixed(1)} %`;
}

/**
 * Shows what the next token may be: a row for each token with its probability at every stage, a bar for the last one,
 * and how many tokens each stage leaves. Tokens are quoted, so that their spaces can be seen.
 */
export function renderSampling({ stages, tokens, taken }: NextTokenExplanation, output: TextOutput): string {
  const columns: Column[] = [
    { title: 'next token' },
    ...stages.map((stage): Column => ({ title: titleOf(stage), align: 'right' })),
    { title: '' },
  ];
  const largest = Math.max(...tokens.map(({ probabilities }) => probabilities.at(-1)!));
  const rows = tokens.map(({ id, text, probabilities }) => {
    const last = probabilities.at(-1)!;
    const mark = id === taken ? ' ← taken' : '';
    return [
      truncateToWidth(sanitizeForTerminal(JSON.stringify(text)), TOKEN_CELLS),
      ...probabilities.map(percentage),
      `${bar(last / largest, BAR_CELLS)}${mark}`,
    ];
  });
  const shown = stages.map((_, stage) =>
    tokens.reduce((sum, { probabilities }) => sum + probabilities[stage]!, 0),
  );
  rows.push(
    ['the others', ...shown.map((sum) => percentage(rest(sum))), ''],
    ['possible tokens', ...stages.map(({ possible_tokens }) => formatCount(possible_tokens)), ''],
  );
  const ending =
    taken === null
      ? 'One of the possible tokens is drawn by these probabilities.'
      : 'The likeliest token is taken; --temperature, --top-k, --top-p or --min-p would draw one.';
  return `${renderTable(columns, rows, output)}\n${ending}\n`;
}

/** What is left of 1, save for rounding. */
function rest(sum: number): number {
  return sum > 1 - 1e-9 ? 0 : 1 - sum;
}
