import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { extensionOf, isRowFile, SUPPORTED_EXTENSIONS } from './files/file-formats.js';

/** Names that published datasets give their parts. */
export const SPLIT_NAMES = {
  train: ['train'],
  validation: ['validation', 'valid', 'val', 'dev'],
  test: ['test'],
} as const;

/** Part of a dataset. */
export type Split = keyof typeof SPLIT_NAMES;

/** The parts, the one that every dataset has first. */
export const SPLITS = Object.keys(SPLIT_NAMES) as readonly Split[];

/** What names on the Hugging Face hub end in when a part is one file. */
const ONLY_SHARD = /-00000-of-00001$/;

/** Names of a folder's entries shown in a message at most. */
const SHOWN_ENTRIES = 10;

function listEntries(names: readonly string[]): string {
  if (names.length === 0) return 'is empty';
  const shown = names.slice(0, SHOWN_ENTRIES).map(quoteName).join(', ');
  const more = names.length - SHOWN_ENTRIES;
  return `holds ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

function findSplit(names: readonly string[], split: Split, folder: string): string | undefined {
  const [name, other] = names.filter((candidate) => {
    const stem = candidate
      .slice(0, candidate.length - extensionOf(candidate).length)
      .replace(ONLY_SHARD, '')
      .toLowerCase();
    return isRowFile(candidate) && (SPLIT_NAMES[split] as readonly string[]).includes(stem);
  });
  if (other === undefined) return name;
  throw new ToolkitError(
    `${folder}: both ${quoteName(name!)} and ${quoteName(other)} could be the ${split} part`,
    'BAD_DATASET',
    'Keep one of them in the folder, or name the file itself.',
  );
}

/**
 * The files of a dataset: a file is the training part; a folder has one file a part.
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
  const names = await files.list(path);
  const found = SPLITS.flatMap((split) => {
    const name = findSplit(names, split, path);
    return name === undefined ? [] : [{ split, path: join(path, name) }];
  });
  if (found[0]?.split === 'train') return found;
  throw new ToolkitError(
    `${path}: has no training file; the folder ${listEntries(names)}`,
    'BAD_DATASET',
    `Name the files train, ${SPLIT_NAMES.validation.join(' or ')}, and test, ` +
      `with one of the extensions ${SUPPORTED_EXTENSIONS.join(', ')}; or give the path of one file.`,
  );
}
