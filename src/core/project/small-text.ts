import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Bytes that a file of a project's state has at most; real ones have a few thousand. */
const MOST_BYTES = 2 ** 20;

/**
 * Reads a small text file of a project. One that claims no bytes is empty without being opened: a pipe would block.
 *
 * @throws ToolkitError `NOT_FOUND`, or `BAD_CHECKPOINT` for a folder or a file that is too large
 */
export async function readSmallText(files: FileSystem, path: string): Promise<string> {
  const info = await files.stat(path);
  if (info === undefined) throw new ToolkitError(`${path}: no such file`, 'NOT_FOUND', 'Check the path.');
  if (info.kind === 'directory') {
    throw new ToolkitError(`${path}: is a folder, a file is needed`, 'BAD_CHECKPOINT', 'Move it away.');
  }
  if (info.size > MOST_BYTES) {
    throw new ToolkitError(
      `${path}: has ${info.size} bytes; a file of a project's state has at most ${MOST_BYTES}`,
      'BAD_CHECKPOINT',
      'Is it the right file?',
    );
  }
  return info.size === 0 ? '' : files.readText(path);
}
