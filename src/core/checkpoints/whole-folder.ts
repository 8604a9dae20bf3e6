import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { isPlainFileName } from './plain-file-name.js';
import { openSafetensors } from './safetensors.js';

/** Metadata of every weight file in a folder written here; `format` is what transformers asks for. */
export const WRITER_METADATA = { format: 'pt', writer: 'genai-toolkit' } as const;

/** What a folder of weights takes beside them. */
export interface WholeFolderOptions {
  /** Text files to add, by plain file name. */
  readonly extraFiles?: Readonly<Record<string, string>>;
  /** Replace the folder if it exists and was written by this toolkit; left out where that cannot be asked for. */
  readonly replace?: boolean;
  /** What is read to fill the folder, and so may not lie in the one that is replaced. */
  readonly sources?: readonly string[];
  /** Whether a folder is ours to replace, where it bears another mark than that of weight files. */
  readonly isOwn?: (folder: string) => Promise<boolean>;
}

/** Whether every weight file in a folder bears our mark; folders never hold folders. */
async function wasWrittenHere(files: FileSystem, folder: string, names: readonly string[]): Promise<boolean> {
  let marked = 0;
  for (const name of names) {
    const path = join(folder, name);
    if ((await files.stat(path))?.kind !== 'file') return false;
    if (!name.endsWith('.safetensors')) continue;
    const weights = await openSafetensors(files, path);
    await weights.close();
    if (weights.metadata['writer'] !== WRITER_METADATA.writer) return false;
    marked++;
  }
  return marked > 0;
}

/**
 * @throws ToolkitError `USAGE` where a folder may not be written: a file is there, or what may not be replaced
 */
export async function assertMayWrite(
  files: FileSystem,
  path: string,
  replace: boolean | undefined,
  isOwn?: WholeFolderOptions['isOwn'],
): Promise<void> {
  const existing = await files.stat(path);
  if (existing === undefined) return;
  if (existing.kind === 'file') {
    throw new ToolkitError(
      `${path}: is a file, a folder cannot be written there`,
      'USAGE',
      'Choose another path.',
    );
  }
  const names = await files.list(path);
  if (names.length === 0) return;
  if (!replace) {
    throw new ToolkitError(
      `${path}: the folder exists and is not empty`,
      'USAGE',
      // Where replacing is not spoken of, the command has no --force.
      replace === undefined
        ? 'Choose another folder.'
        : 'Choose another folder, or have this one replaced (--force).',
    );
  }
  if (!(await (isOwn?.(path) ?? wasWrittenHere(files, path, names)))) {
    throw new ToolkitError(
      `${path}: will not be replaced, because it holds something that this toolkit did not write`,
      'USAGE',
      'Choose another folder, or remove this one yourself.',
    );
  }
}

/** @throws ToolkitError `USAGE` where a folder that is to be replaced holds what is read */
async function assertHoldsNone(files: FileSystem, folder: string, sources: readonly string[]): Promise<void> {
  const real = async (path: string): Promise<string> => (await files.realPath?.(path)) ?? resolve(path);
  for (const source of sources) {
    const [first] = relative(await real(folder), await real(source)).split(sep);
    if (first === '..') continue;
    throw new ToolkitError(
      `${folder}: will not be replaced, because ${source} is read from there`,
      'USAGE',
      'Choose another folder.',
    );
  }
}

/**
 * Writes a folder that appears complete or not at all: it is filled under a temporary name beside `path`, then
 * renamed. An existing non-empty folder is refused, or on request replaced if it is ours: its weight files bear our mark
 * and it holds no folders, or `isOwn` says so.
 * @param fill writes the content into the folder it is given
 * @throws USAGE when `path` cannot be written or replaced, before `fill` is called; whatever `fill` throws
 */
export async function writeWholeFolder(
  files: FileSystem,
  path: string,
  { extraFiles = {}, replace, sources = [], isOwn }: WholeFolderOptions,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const name = basename(path);
  if (!isPlainFileName(name)) {
    throw new ToolkitError(
      `${path || '""'}: is not the name of a folder to write`,
      'USAGE',
      'Give the folder a name.',
    );
  }
  const badName = Object.keys(extraFiles).find((file) => !isPlainFileName(file));
  if (badName !== undefined) throw new ToolkitError(`${badName}: is not a plain file name`, 'USAGE');
  const target = join(dirname(path), name);
  const partial = join(dirname(path), `.${name}.partial`);
  const previous = join(dirname(path), `.${name}.previous`);

  // An interrupted replacement left the old folder aside.
  if ((await files.stat(target)) === undefined && (await files.stat(previous)) !== undefined) {
    await files.rename(previous, target);
  }
  await assertMayWrite(files, target, replace, isOwn);
  await assertHoldsNone(files, target, sources);
  await files.remove(partial);
  await files.makeDirectory(partial);
  try {
    await fill(partial);
    for (const [file, text] of Object.entries(extraFiles)) await files.writeAtomic(join(partial, file), text);
    await publish(files, partial, target, previous);
  } catch (error) {
    await files.remove(partial);
    throw error;
  }
}

async function publish(files: FileSystem, partial: string, target: string, previous: string): Promise<void> {
  if ((await files.stat(target)) === undefined) return files.rename(partial, target);
  await files.remove(previous);
  await files.rename(target, previous);
  try {
    await files.rename(partial, target);
  } catch (error) {
    await files.rename(previous, target);
    throw error;
  }
  await files.remove(previous);
}
