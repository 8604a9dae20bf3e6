import { stringify } from 'csv-stringify/sync';

/** One row of a CSV file: a value for each column's name. */
export type CsvRecord = Readonly<Record<string, string | number | null>>;

/**
 * Rows as CSV with a header (RFC 4180). Texts that a spreadsheet would take for a formula get a leading apostrophe.
 */
export function toCsvText(records: readonly CsvRecord[]): string {
  return stringify([...records], { header: true, escape_formulas: true });
}
