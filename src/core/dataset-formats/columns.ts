import { quoteName } from '../checkpoints/quote-name.js';
import type { Row, RowFault } from './row-format.js';

/** Whether there is nothing to see in a text. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Kind of a value in the words of JSON. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value === undefined) return 'missing';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The text in a column, or what is wrong with it. */
export function textColumn(row: Row, column: string): string | RowFault {
  const value = row[column];
  if (!Object.hasOwn(row, column)) return { problem: `column "${column}" is missing` };
  if (typeof value !== 'string') return { problem: `column "${column}" is ${kindOf(value)}, not a string` };
  return isBlank(value) ? { problem: `column "${column}" is empty` } : value;
}

/** A fault when one of these columns holds something: it belongs to the example, and would be left out in silence. */
export function contentLeftOut(row: Row, columns: readonly string[]): RowFault | undefined {
  for (const column of columns) {
    const value = row[column];
    const isEmpty =
      value == null ||
      (typeof value === 'string' && isBlank(value)) ||
      (Array.isArray(value) && value.length === 0);
    if (!isEmpty) return { problem: `column "${column}" is not empty, and this format cannot take it in` };
  }
  return undefined;
}

/** The columns of a row, for a message. */
export function listColumns(row: Row): string {
  const names = Object.keys(row);
  return names.length === 0 ? 'no columns' : names.map(quoteName).join(', ');
}
