import { ToolkitError } from '../../errors/toolkit-error.js';
import { csv, tsv } from './csv.js';
import type { FileFormat } from './file-format.js';
import { json } from './json.js';
import { jsonl } from './jsonl.js';
import { parquet } from './parquet.js';
import { txt } from './txt.js';

/** Every kind of file that rows can be read from. */
export const FILE_FORMATS: readonly FileFormat[] = [jsonl, json, csv, tsv, parquet, txt];

/** Extensions that rows can be read from, for messages. */
export const SUPPORTED_EXTENSIONS = FILE_FORMATS.flatMap(({ extensions }) => extensions);

/** What to do with files that hold rows in a way this toolkit does not read. */
const CONVERSIONS: readonly { readonly extensions: readonly string[]; readonly hint: string }[] = [
  {
    extensions: ['.arrow', '.feather'],
    hint: `Convert it to JSON Lines, with Python's datasets for instance: Dataset.from_file('rows.arrow').to_json('rows.jsonl').`,
  },
  { extensions: ['.xlsx', '.xls', '.ods'], hint: 'Save it as CSV (UTF-8) in the spreadsheet program.' },
  { extensions: ['.gz', '.zst', '.bz2', '.xz', '.zip', '.tar'], hint: 'Unpack it first.' },
];

/** From the last dot of a file name, in lower case; empty when there is none. */
export function extensionOf(name: string): string {
  return /[^/\\](\.[^./\\]*)$/.exec(name)?.[1]!.toLowerCase() ?? '';
}

/** Whether a file looks like rows, readable or not. */
export function isRowFile(name: string): boolean {
  const extension = extensionOf(name);
  return [...FILE_FORMATS, ...CONVERSIONS].some(({ extensions }) => extensions.includes(extension));
}

/** @throws ToolkitError `UNSUPPORTED` for another extension, with a way to convert the file */
export function fileFormatOf(path: string): FileFormat {
  const extension = extensionOf(path);
  const format = FILE_FORMATS.find(({ extensions }) => extensions.includes(extension));
  if (format !== undefined) return format;
  const hint = CONVERSIONS.find(({ extensions }) => extensions.includes(extension))?.hint;
  const supported = `Datasets are read from ${SUPPORTED_EXTENSIONS.join(', ')}.`;
  throw new ToolkitError(
    extension === ''
      ? `${path}: has no extension that says what is in it`
      : `${path}: ${extension} files cannot be read as a dataset`,
    'UNSUPPORTED',
    hint === undefined ? supported : `${hint} ${supported}`,
  );
}
