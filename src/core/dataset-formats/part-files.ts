import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { extensionOf, isRowFile } from './files/file-formats.js';

/** Names that published datasets give their parts. */
export const SPLIT_NAMES = {
  train: ['train'],
  validation: ['validation', 'valid', 'val', 'dev'],
  test: ['test'],
} as const;

/** What stands after the name of a part that is divided into several files. */
const SHARD = /-\d{5}-of-\d{5}$/;

/** Files that lie beside the rows of published datasets and hold none. */
const NO_ROWS = /^(\.|readme\b|dataset_infos?\.json$)/i;

/** A part of a dataset: one file, several numbered ones (`test-00000-of-00002.parquet`), or those of a folder (`test/`). */
export interface DatasetPart {
  readonly name: string;
  /** The name as it stands in the folder: of the file, without number, or of the folder. */
  readonly shown: string;
  /** Paths from the folder that was listed, with `/`; in order. */
  readonly files: readonly string[];
}

/**
 * The parts of a dataset by the names of its files.
 *
 * @param paths of files in a folder, and of those in its folders, with `/`
 */
export function partsOf(paths: readonly string[]): DatasetPart[] {
  const parts = new Map<string, { name: string; shown: string; files: string[] }>();
  for (const path of [...paths].sort()) {
    const [first = '', second, ...others] = path.split('/');
    const file = second ?? first;
    if (others.length > 0 || !isRowFile(file) || NO_ROWS.test(file)) continue;
    const extension = extensionOf(file);
    const name = second === undefined ? file.slice(0, -extension.length).replace(SHARD, '') : first;
    const shown = second === undefined ? name + extension : `${first}/`;
    const part = parts.get(shown) ?? { name, shown, files: [] };
    part.files.push(path);
    parts.set(shown, part);
  }
  return [...parts.values()];
}

/**
 * The parts that a name may mean: those of that very name, else those of another name of the same part, as `dev` is of
 * validation. More than one where the choice is not clear.
 */
export function findParts(parts: readonly DatasetPart[], wanted: string): DatasetPart[] {
  const called = (names: readonly string[]): DatasetPart[] =>
    parts.filter(({ name }) => names.includes(name.toLowerCase()));
  const exact = called([wanted.toLowerCase()]);
  if (exact.length > 0) return exact;
  return called(Object.entries(SPLIT_NAMES).find(([split]) => split === wanted)?.[1] ?? []);
}

/** The parts in a folder; the folders in it are looked into, but not theirs. */
export async function listParts(files: FileSystem, folder: string): Promise<DatasetPart[]> {
  const paths: string[] = [];
  for (const name of await files.list(folder)) {
    const isFolder = !isRowFile(name) && (await files.stat(join(folder, name)))?.kind === 'directory';
    if (isFolder) for (const inner of await files.list(join(folder, name))) paths.push(`${name}/${inner}`);
    else paths.push(name);
  }
  return partsOf(paths);
}
