import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { listColumns } from './columns.js';
import type { Example } from './example.js';
import type { FileRow } from './files/file-format.js';
import { readRows, type RowSource } from './read-rows.js';
import type { Row, RowFormat } from './row-format.js';
import { detectRowFormat, ROW_FORMATS, rowFormatOf } from './row-formats.js';
import { findSplitFiles, type Split } from './split-files.js';

export { holdOut } from './hold-out.js';

/** A row that cannot be learnt from. */
export interface RowProblem {
  readonly file: string;
  /** The line it begins on, counted from 1; in a JSON array, its number. */
  readonly line: number;
  readonly why: string;
  /** The row as text, shortened. */
  readonly row?: string;
}

/** A file that a dataset was read from. */
export interface DatasetFile extends RowSource {
  /** Examples that were read from it. */
  readonly rows: number;
}

/** A dataset as read. */
export interface Dataset {
  /** Id of its row format. */
  readonly format: string;
  /** Training examples may be none when every row is a problem. */
  readonly splits: { readonly train: readonly Example[] } & {
    readonly [split in Exclude<Split, 'train'>]?: readonly Example[];
  };
  /** Every row that was left out, in the order of the files. */
  readonly problems: readonly RowProblem[];
  readonly sources: readonly DatasetFile[];
}

/** Readable rows of the training file that say which format a dataset has. */
const ROWS_TO_DETECT_FORMAT = 100;
/** Characters of a bad row that are kept, enough to find it again. */
const SHOWN_ROW_CHARACTERS = 200;
/** Rows named when none can be read. */
const SHOWN_UNREADABLE_ROWS = 10;

function shorten(text: string): string {
  return text.length <= SHOWN_ROW_CHARACTERS ? text : `${text.slice(0, SHOWN_ROW_CHARACTERS)}…`;
}

/** Reads a row in the dataset's format, or says what is wrong, and which format it seems to have instead. */
function parseRow(row: Row, format: RowFormat): ReturnType<RowFormat['parse']> {
  const other = format.detect(row) ? undefined : detectRowFormat(row);
  return other === undefined
    ? format.parse(row)
    : { problem: `looks like ${other.id}, and the dataset is ${format.id}` };
}

/** The format that most rows have; of equally frequent ones, the one seen first. */
function mostFrequentFormat(rows: readonly FileRow[]): RowFormat | undefined {
  const counts = new Map<RowFormat, number>();
  for (const entry of rows) {
    const format = 'row' in entry ? detectRowFormat(entry.row) : undefined;
    if (format !== undefined) counts.set(format, (counts.get(format) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** @param first the first rows of the file */
function detectFormat(first: readonly FileRow[], path: string): RowFormat {
  const format = mostFrequentFormat(first);
  if (format !== undefined) return format;
  const readable = first.find((entry) => 'row' in entry);
  if (readable !== undefined) {
    throw new ToolkitError(
      `${path}:${readable.line}: the columns of the rows are of no known format: ${listColumns(readable.row)}`,
      'BAD_DATASET',
      `Rename them. Row formats:\n${ROW_FORMATS.map(({ id, description }) => `  ${id}: ${description}`).join('\n')}`,
    );
  }
  const problems = first.flatMap((entry) => ('problem' in entry ? [entry] : []));
  const shown = problems
    .slice(0, SHOWN_UNREADABLE_ROWS)
    .map(({ line, problem }) => `\n  ${path}:${line}: ${problem}`);
  const more = problems.length - SHOWN_UNREADABLE_ROWS;
  throw new ToolkitError(
    `${path}: none of its rows can be read:${shown.join('')}${more > 0 ? `\n  … and ${more} more` : ''}`,
    'BAD_DATASET',
    'Check that the extension of the file says what is in it.',
  );
}

interface ReadFile {
  readonly format: RowFormat;
  readonly examples: readonly Example[];
  readonly problems: readonly RowProblem[];
  readonly source: DatasetFile;
}

async function readRowFile(
  files: FileSystem,
  path: string,
  knownFormat: RowFormat | undefined,
): Promise<ReadFile> {
  const file = readRows(files, path);
  const examples: Example[] = [];
  const problems: RowProblem[] = [];
  const add = (entry: FileRow, format: RowFormat): void => {
    const parsed = 'row' in entry ? parseRow(entry.row, format) : entry;
    if (!('problem' in parsed)) {
      examples.push(parsed);
      return;
    }
    const row = shorten('row' in entry ? JSON.stringify(entry.row) : entry.text);
    const why = entry.isInArray ? `row ${entry.line}: ${parsed.problem}` : parsed.problem;
    problems.push({ file: path, line: entry.line, why, ...(row !== '' && { row }) });
  };
  let format = knownFormat;
  // Rows wait here until there are enough to tell the format from.
  const first: FileRow[] = [];
  const settleFormat = (): RowFormat => {
    const found = detectFormat(first, path);
    for (const entry of first) add(entry, found);
    return found;
  };
  let rows = 0;
  let readable = 0;
  for await (const entry of file) {
    rows++;
    if (format !== undefined) {
      add(entry, format);
      continue;
    }
    first.push(entry);
    if ('row' in entry && ++readable === ROWS_TO_DETECT_FORMAT) format = settleFormat();
  }
  const source = file.source();
  if (rows === 0) {
    throw new ToolkitError(
      source.bytes === 0 ? `${path}: the file is empty` : `${path}: the file has no rows`,
      'BAD_DATASET',
      'Give a file with at least one row.',
    );
  }
  format ??= settleFormat();
  return { format, examples, problems, source: { ...source, rows: examples.length } };
}

/**
 * Reads a dataset: one file, which is all for training, or a folder with a file or several for each part.
 *
 * The row format is the one most of the first rows of the training file have, and holds for all parts. Rows that cannot
 * be learnt from are left out and all reported. Files of JSON Lines are read as streams.
 *
 * @param options `format`: id of the row format, where it should not be found out
 * @throws ToolkitError `NOT_FOUND`; `USAGE` for an unknown format; `UNSUPPORTED` for a kind of file that cannot be
 *   read; `BAD_DATASET` when there is no training file, a file has no rows or is damaged as a whole, or no format fits
 */
export async function readDataset(
  files: FileSystem,
  path: string,
  options: { readonly format?: string } = {},
): Promise<Dataset> {
  let format = options.format === undefined ? undefined : rowFormatOf(options.format);
  const examples: Partial<Record<Split, Example[]>> = {};
  const problems: RowProblem[] = [];
  const sources: DatasetFile[] = [];
  for (const { split, path: file } of await findSplitFiles(files, path)) {
    const part = await readRowFile(files, file, format);
    format = part.format;
    const own = (examples[split] ??= []);
    for (const example of part.examples) own.push(example);
    for (const problem of part.problems) problems.push(problem);
    sources.push(part.source);
  }
  // findSplitFiles gives a training file or throws.
  return { format: format!.id, splits: { ...examples, train: examples.train! }, problems, sources };
}
