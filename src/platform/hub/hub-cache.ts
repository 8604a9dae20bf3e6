import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkModelId, checkRevision, isCommit } from './model-id.js';

/** A revision of a model in the cache; it need not have every file of the repository. */
export interface CachedSnapshot {
  readonly commit: string;
  /** Folder with the files under their own names. */
  readonly folder: string;
}

/** Folder of one model in the cache that all Hugging Face tools share: `blobs`, `refs` and `snapshots` lie in it. */
export function modelCacheFolder(cacheFolder: string, id: string): string {
  checkModelId(id);
  return join(cacheFolder, `models--${id.replace('/', '--')}`);
}

/**
 * Finds what an earlier download left, without any network.
 * @param revision a branch, tag or commit; `main` by default
 * @returns `undefined` when that revision was never downloaded
 * @throws USAGE for an id or a revision that cannot be one
 */
export async function findCachedSnapshot(
  cacheFolder: string,
  id: string,
  revision = 'main',
): Promise<CachedSnapshot | undefined> {
  checkRevision(revision);
  const model = modelCacheFolder(cacheFolder, id);
  const commit = isCommit(revision)
    ? revision
    : (await readFile(join(model, 'refs', ...revision.split('/')), 'utf8').catch(() => '')).trim();
  if (!isCommit(commit)) return undefined;
  const folder = join(model, 'snapshots', commit);
  const isFolder = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  return isFolder ? { commit, folder } : undefined;
}
