import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { BASE_NAME } from './model-pool.js';

/** What requests can name without quoting. */
const NAME = /^[\w.-]+$/;

/** Files of which one makes a folder an adapter, or the run that made one. */
const ADAPTER_FILES = ['adapter_config.json', join('adapter', 'adapter_config.json')];

async function adaptersIn(files: FileSystem, folder: string): Promise<[name: string, folder: string][]> {
  if ((await files.stat(folder))?.kind !== 'directory') {
    throw new ToolkitError(`${folder}: there is no such folder`, 'NOT_FOUND', 'Name a folder of adapters.');
  }
  const found: [string, string][] = [];
  for (const name of await files.list(folder)) {
    const path = join(folder, name);
    const infos = await Promise.all(ADAPTER_FILES.map((file) => files.stat(join(path, file))));
    if (infos.some((info) => info?.kind === 'file')) found.push([name, path]);
  }
  return found;
}

/**
 * Adapters by the names under which they are served.
 *
 * @param named given one by one
 * @param folder whose folders that hold an adapter are named as they are
 * @throws ToolkitError `USAGE` for names that are taken or cannot be, `NOT_FOUND` without the folder
 */
export async function findAdapters(
  files: FileSystem,
  named: readonly (readonly [name: string, folder: string])[],
  folder: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const adapters = new Map<string, string>();
  for (const [name, path] of [...named, ...(folder === undefined ? [] : await adaptersIn(files, folder))]) {
    if (!NAME.test(name)) {
      throw new ToolkitError(
        `an adapter cannot be served as ${quoteName(name)}`,
        'USAGE',
        'Use letters, digits, dots, hyphens and underscores.',
      );
    }
    if (name === BASE_NAME || adapters.has(name)) {
      throw new ToolkitError(
        `two models would be served as ${quoteName(name)}`,
        'USAGE',
        'Give the adapter another name: --adapter NAME=FOLDER.',
      );
    }
    adapters.set(name, path);
  }
  return adapters;
}
