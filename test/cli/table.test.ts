import { describe, expect, it } from 'vitest';
import { renderTable } from '../../src/cli/table.js';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { CapturedOutput } from './fake-ports.js';

const COLUMNS = [{ title: 'part' }, { title: 'GB', align: 'right' }, { title: 'why' }] as const;
const ROWS = [
  ['weights', '28.00', '7,000,000,000 parameters of 4 bytes each'],
  ['key/value cache', '2.15', '32 layers of 4,096 positions'],
];

describe('tables', () => {
  it('aligns columns, and wraps nothing in a pipe', () => {
    expect(renderTable(COLUMNS, ROWS, new CapturedOutput(false, Infinity))).toBe(
      [
        'part                GB  why',
        'weights          28.00  7,000,000,000 parameters of 4 bytes each',
        'key/value cache   2.15  32 layers of 4,096 positions',
        '',
      ].join('\n'),
    );
  });

  it.each([50, 40, 30, 20])('stays within a terminal of %i columns and loses no word', (columns) => {
    const text = renderTable(COLUMNS, ROWS, new CapturedOutput(true, columns));
    for (const word of ROWS.flat().flatMap((cell) => cell.split(' '))) expect(text).toContain(word);
    // Records of a terminal narrower than the columns are left to the terminal to wrap.
    if (columns >= 40)
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  });

  it('turns rows into records where columns do not fit', () => {
    expect(renderTable(COLUMNS, [...ROWS, ['', '', '']], new CapturedOutput(true, 20))).toBe(
      [
        ...['weights', 'GB: 28.00', 'why: 7,000,000,000', 'parameters of 4', 'bytes each', ''],
        ...['key/value cache', 'GB: 2.15', 'why: 32 layers of', '4,096 positions', ''],
      ].join('\n'),
    );
  });

  it('shows control characters of a cell instead of obeying them', () => {
    const text = renderTable([{ title: 'name' }], [['a\u001b[2J\nb']], new CapturedOutput(false, Infinity));
    expect(text).toBe('name\na\\x1b[2J\\nb\n');
  });
});
