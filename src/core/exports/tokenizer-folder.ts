import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import type { ModelSource } from '../generation/load-language-model.js';

/** Where a model's tokenizer lies: an adapter that was trained with a changed one brings its own. */
export async function tokenizerFolder(
  files: FileSystem,
  { folder, adapterFolder }: ModelSource,
): Promise<string> {
  if (adapterFolder === undefined) return folder;
  const own = await files.stat(join(adapterFolder, 'tokenizer.json'));
  return own === undefined ? folder : adapterFolder;
}
