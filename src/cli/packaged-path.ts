import { join } from 'node:path';
import type { FileSystem } from '../platform/file-system.js';

/** What ships with the toolkit to be tried; a path written in any other way means the path alone. */
const PACKAGED = /^(?:templates|datasets)[/\\](?!.*\.\.)/;

/**
 * The path in the package of a word such as `templates/starter-model`, so that what help and README show works in any
 * folder; `undefined` for other words, and where the working folder has something there itself.
 *
 * @param root the package's folder
 */
export async function packagedPath(
  word: string,
  root: string,
  files: Pick<FileSystem, 'stat'>,
): Promise<string | undefined> {
  if (!PACKAGED.test(word) || (await files.stat(word)) !== undefined) return undefined;
  const path = join(root, word);
  return (await files.stat(path)) === undefined ? undefined : path;
}
