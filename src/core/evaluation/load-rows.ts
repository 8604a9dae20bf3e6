import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { findParts, listParts } from '../dataset-formats/part-files.js';
import { readRows } from '../dataset-formats/read-rows.js';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Rows of one part of a dataset, as they stand in its files. */
export interface LoadedRows {
  readonly rows: readonly Row[];
  /** The file, or the folder where there are several. */
  readonly path: string;
  /** Of the file; of several, of the list of theirs. */
  readonly sha256: string;
}

/** What is read of a dataset. */
export interface LoadRowsOptions {
  /** File, or folder with a file for each part. */
  readonly path: string;
  /** Part that is read of a folder; a file is one part, whatever it is called. */
  readonly split: string;
  /** Configuration: a folder within the dataset's, as the Hugging Face hub lays them out. */
  readonly name?: string | undefined;
  /** Names of the columns of a table without a header. */
  readonly columns?: readonly string[] | undefined;
}

/** The files of a part, in order: in the folder itself, in that of the configuration, or in `data`. */
async function splitFiles(files: FileSystem, { path, split, name }: LoadRowsOptions): Promise<string[]> {
  if ((await files.stat(path))?.kind !== 'directory') return [path];
  const folders = [...(name === undefined ? [] : [join(path, name)]), path, join(path, 'data')];
  const seen: string[] = [];
  for (const folder of folders) {
    if ((await files.stat(folder))?.kind !== 'directory') continue;
    const parts = await listParts(files, folder);
    const [own, other] = findParts(parts, split);
    if (own !== undefined && other !== undefined) {
      throw new ToolkitError(
        `${folder}: ${own.shown} and ${other.shown} could each be the ${split} part`,
        'BAD_DATASET',
        'Name the file itself.',
      );
    }
    if (own !== undefined) return own.files.map((file) => join(folder, file));
    seen.push(...parts.map(({ shown }) => shown));
  }
  throw new ToolkitError(
    `${path}: has no ${split} part`,
    'NOT_FOUND',
    seen.length > 0
      ? `Choose another part with --split, or name a file; there are ${seen.slice(0, 10).join(', ')}.`
      : 'Name a file of rows, or a folder with one for each part.',
  );
}

/**
 * Reads the rows of a part of a dataset.
 *
 * @throws ToolkitError `NOT_FOUND`; `BAD_DATASET` at the first row that cannot be read
 */
export async function loadRows(files: FileSystem, options: LoadRowsOptions): Promise<LoadedRows> {
  const { path, columns } = options;
  if ((await files.stat(path)) === undefined) {
    throw new ToolkitError(
      `${path}: no such file or folder`,
      'NOT_FOUND',
      'Name a file of rows, or a folder with one for each part.',
    );
  }
  const rows: Row[] = [];
  const paths = await splitFiles(files, options);
  const digests: string[] = [];
  for (const file of paths) {
    const entries = readRows(files, file, columns === undefined ? {} : { columns });
    for await (const entry of entries) {
      if ('problem' in entry) {
        throw new ToolkitError(`${file}:${entry.line}: ${entry.problem}`, 'BAD_DATASET', 'Mend the row.');
      }
      rows.push(entry.row);
    }
    digests.push(entries.source().sha256);
  }
  const isOne = paths.length === 1;
  return {
    rows,
    path: isOne ? paths[0]! : path,
    sha256: isOne ? digests[0]! : createHash('sha256').update(digests.join('\n')).digest('hex'),
  };
}
