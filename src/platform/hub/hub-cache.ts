import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkRepositoryId, checkRevision, isCommit, type RepositoryName } from './model-id.js';

/** A revision of a repository in the cache; it need not have every file of the repository. */
export interface CachedSnapshot {
  readonly commit: string;
  /** Folder with the files under their own names. */
  readonly folder: string;
}

/** Folder of one repository in the cache that all Hugging Face tools share: `blobs`, `refs` and `snapshots` lie in it. */
export function repositoryCacheFolder(cacheFolder: string, name: RepositoryName): string {
  checkRepositoryId(name);
  return join(cacheFolder, `${name.kind}s--${name.id.replace('/', '--')}`);
}

/**
 * Finds what an earlier download left, without any network.
 * @param revision a branch, tag or commit; `main` by default
 * @returns `undefined` when that revision was never downloaded
 * @throws USAGE for an id or a revision that cannot be one
 */
export async function findCachedSnapshot(
  cacheFolder: string,
  name: RepositoryName,
  revision = 'main',
): Promise<CachedSnapshot | undefined> {
  checkRevision(revision);
  const repository = repositoryCacheFolder(cacheFolder, name);
  const commit = isCommit(revision)
    ? revision
    : (await readFile(join(repository, 'refs', ...revision.split('/')), 'utf8').catch(() => '')).trim();
  if (!isCommit(commit)) return undefined;
  const folder = join(repository, 'snapshots', commit);
  const isFolder = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  return isFolder ? { commit, folder } : undefined;
}
