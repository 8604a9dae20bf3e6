import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { SUPPORTED_EXTENSIONS } from './files/file-formats.js';
import { findParts, listParts, SPLIT_NAMES, type DatasetPart } from './part-files.js';

/** What a part of a dataset is for. */
export type Split = keyof typeof SPLIT_NAMES;

/** The parts, the one that every dataset has first. */
const SPLITS = Object.keys(SPLIT_NAMES) as readonly Split[];

/** Names of a folder's entries shown in a message at most. */
const SHOWN_ENTRIES = 10;

function listEntries(names: readonly string[]): string {
  if (names.length === 0) return 'is empty';
  const shown = names.slice(0, SHOWN_ENTRIES).map(quoteName).join(', ');
  const more = names.length - SHOWN_ENTRIES;
  return `holds ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

function findSplit(parts: readonly DatasetPart[], split: Split, folder: string): readonly string[] {
  const [part, other] = findParts(parts, split);
  if (other === undefined) return part?.files ?? [];
  throw new ToolkitError(
    `${folder}: both ${quoteName(part!.shown)} and ${quoteName(other.shown)} could be the ${split} part`,
    'BAD_DATASET',
    'Keep one of them in the folder, or name the file itself.',
  );
}

/**
 * The files of a dataset: a file is the training part; a folder has a file for each part, or several, see
 * {@link DatasetPart}; those of one part follow one another.
 *
 * @throws ToolkitError `NOT_FOUND`, or `BAD_DATASET` when a folder has no training part or two files for one part
 */
export async function findSplitFiles(
  files: FileSystem,
  path: string,
): Promise<{ readonly split: Split; readonly path: string }[]> {
  const info = await files.stat(path);
  if (info === undefined) {
    throw new ToolkitError(`${path}: no such file or folder`, 'NOT_FOUND', 'Check the path of the dataset.');
  }
  if (info.kind === 'file') return [{ split: 'train', path }];
  const parts = await listParts(files, path);
  const found = SPLITS.flatMap((split) =>
    findSplit(parts, split, path).map((name) => ({ split, path: join(path, name) })),
  );
  if (found[0]?.split === 'train') return found;
  throw new ToolkitError(
    `${path}: has no training file; the folder ${listEntries(await files.list(path))}`,
    'BAD_DATASET',
    `Name the files train, ${SPLIT_NAMES.validation.join(' or ')}, and test, ` +
      `with one of the extensions ${SUPPORTED_EXTENSIONS.join(', ')}; or give the path of one file.`,
  );
}
