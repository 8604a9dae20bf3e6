import { parse } from 'csv-parse/sync';
import { quoteName } from '../../checkpoints/quote-name.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import type { Row } from '../row-format.js';
import type { FileRow, FileRowOptions, TextFileFormat } from './file-format.js';
import { wholeText, type Line } from './lines.js';

/** A record as csv-parse gives it with `raw` and `info`. */
interface CsvRecord {
  readonly record: readonly string[];
  /** Its text in the file with the blank lines before it. */
  readonly raw: string;
  /** `lines`: lines read when it ended, the line feed at its end not counted. */
  readonly info: { readonly lines: number };
}

/** Line feeds within a record, without those before and after it. */
function lineFeedsInside(raw: string): number {
  return raw.replace(/^\n+|\n$/g, '').split('\n').length - 1;
}

/** The line on which a record begins. */
function firstLine({ raw, info }: CsvRecord): number {
  return info.lines - lineFeedsInside(raw);
}

function parseRecords(text: string, delimiter: string, path: string): CsvRecord[] {
  let openQuote: number | undefined;
  const records = parse(text, {
    delimiter,
    // Lines come with line feeds only; a found-out delimiter would be that of the first line alone.
    record_delimiter: '\n',
    raw: true,
    info: true,
    skip_empty_lines: true,
    // Counted here, so that such a row is reported like every other.
    relax_column_count: true,
    // A quote inside an unquoted cell is itself.
    relax_quotes: true,
    skip_records_with_error: true,
    on_skip: (error, raw = '') => {
      // With quotes relaxed, the only fault is a quoted cell that never ends.
      openQuote = Number(error?.['lines']) - lineFeedsInside(raw);
      return undefined;
    },
  }) as unknown as CsvRecord[];
  if (openQuote === undefined) return records;
  throw new ToolkitError(
    `${path}:${openQuote}: a quoted cell that begins in this row is never closed`,
    'BAD_DATASET',
    'Close the quote, or write a quote inside a quoted cell twice.',
  );
}

function checkHeader(header: readonly string[], line: number, path: string): void {
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ToolkitError(
    `${path}:${line}: the header has the column ${quoteName(twice)} twice`,
    'BAD_DATASET',
    'Give every column its own name.',
  );
}

/** The columns that are given for a file without header, where the first line says that it is one. */
function columnsOfHeaderless(
  first: readonly string[],
  { columns }: FileRowOptions,
): readonly string[] | undefined {
  if (columns?.length !== first.length) return undefined;
  const isHeader = columns.every((name, index) => name.toLowerCase() === first[index]!.toLowerCase());
  return isHeader ? undefined : columns;
}

async function* readRecords(
  lines: AsyncIterable<Line>,
  path: string,
  delimiter: string,
  options: FileRowOptions,
): AsyncGenerator<FileRow> {
  const records = parseRecords(await wholeText(lines, path), delimiter, path);
  const first = records[0];
  if (first === undefined) return;
  const cells = first.record.map((name) => name.trim());
  const columns = columnsOfHeaderless(cells, options);
  const header = columns ?? cells;
  if (columns === undefined) checkHeader(header, firstLine(first), path);
  for (const entry of columns === undefined ? records.slice(1) : records) {
    const line = firstLine(entry);
    const { record, raw } = entry;
    if (record.length === header.length) {
      yield { line, row: Object.fromEntries(header.map((name, index) => [name, record[index]])) as Row };
    } else {
      yield {
        line,
        problem: `has ${record.length} cells, and the ${columns === undefined ? 'header' : 'first row'} has ${header.length}`,
        text: raw.trim(),
      };
    }
  }
}

/** Comma-separated values (RFC 4180) with a header line. */
export const csv: TextFileFormat = {
  access: 'lines',
  extensions: ['.csv'],
  rows: (lines, path, options) => readRecords(lines, path, ',', options),
};

/** Tab-separated values with a header line, quoted as CSV is. */
export const tsv: TextFileFormat = {
  access: 'lines',
  extensions: ['.tsv'],
  rows: (lines, path, options) => readRecords(lines, path, '\t', options),
};
