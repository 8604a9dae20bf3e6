import Table from 'cli-table3';
import type { TextOutput } from './ports.js';
import { styleFor } from './style.js';
import { displayWidth, sanitizeForTerminal, wrapWords } from './terminal-text.js';

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Between two columns. */
const GAP = '  ';

const CHARACTERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: GAP },
};

/**
 * Takes the cells that are too many from the widest columns, but cuts no word: `undefined` where that cannot be.
 * @param natural width of each column's longest text
 * @param narrowest width of each column's longest word
 */
function fitWidths(
  natural: readonly number[],
  narrowest: readonly number[],
  available: number,
): number[] | undefined {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - available;
  for (; excess > 0; excess--) {
    let widest: number | undefined;
    for (const [index, width] of widths.entries()) {
      if (width > narrowest[index]! && (widest === undefined || width > widths[widest]!)) widest = index;
    }
    if (widest === undefined) return undefined;
    widths[widest]! -= 1;
  }
  return widths;
}

/** For terminals too narrow for columns: of each row the first text, then a line `title: text` for every other. */
function renderRecords(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  cells: number,
): string {
  const records = rows.map((row) =>
    row.map((text, index) => (index === 0 ? text : `${titles[index] ?? ''}: ${text}`)),
  );
  return records
    .filter((_, index) => rows[index]?.some((text) => text !== ''))
    .map((record) => record.map((line) => `${wrapWords(line, cells)}\n`).join(''))
    .join('\n');
}

/**
 * Lays rows out in columns without lines, fitted to the width of the stream: words wrap, and on a terminal too
 * narrow for columns every row becomes a record. Cells are plain text and are made safe to print here.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: TextOutput,
): string {
  const titles = columns.map((column) => column.title);
  const texts = rows.map((row) => row.map(sanitizeForTerminal));
  const widest = (measure: (text: string) => number): number[] =>
    titles.map((title, index) => Math.max(measure(title), ...texts.map((row) => measure(row[index] ?? ''))));
  const longestWord = (text: string): number => Math.max(...text.split(' ').map(displayWidth));
  const widths = fitWidths(widest(displayWidth), widest(longestWord), output.columns);
  if (widths === undefined) return renderRecords(titles, texts, output.columns);
  const style = styleFor(output);
  const table = new Table({
    head: titles.map((title) => style.heading(title)),
    chars: CHARACTERS,
    colWidths: widths,
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    wordWrap: true,
  });
  table.push(...texts.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
