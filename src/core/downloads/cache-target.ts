import { join } from 'node:path';
import type { DownloadFiles } from '../../platform/download-files.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { HubFile } from '../../platform/model-hub.js';
import type { DownloadTarget } from './download-target.js';

/** Which revision of a repository goes into the cache. */
export interface CachePlace {
  /** Folder of the repository in the cache. */
  readonly repositoryFolder: string;
  readonly commit: string;
  /** Branch or tag that was asked for; the commit itself needs no reference. */
  readonly revision: string;
}

/**
 * The cache that all Hugging Face tools share: contents under their digests in `blobs`, links to them under the files'
 * names in `snapshots/COMMIT`, and in `refs` the commit of each branch. The reference is written last, so that a
 * branch never leads to a snapshot that lacks files.
 */
export function cacheTarget(place: CachePlace, fileSystem: FileSystem, files: DownloadFiles): DownloadTarget {
  const { repositoryFolder, commit, revision } = place;
  const blobs = join(repositoryFolder, 'blobs');
  const folder = join(repositoryFolder, 'snapshots', commit);
  const blobPath = ({ digest }: HubFile): string => join(blobs, digest.hex);
  const hasSize = async (path: string, { size }: HubFile): Promise<boolean> => {
    const info = await fileSystem.stat(path);
    return info?.kind === 'file' && info.size === size;
  };
  const shownPath = ({ path }: HubFile): string => join(folder, ...path.split('/'));
  return {
    folder,
    partialFolder: blobs,
    // Where the system has no links, other tools leave the content in the snapshot alone.
    isPresent: async (file) =>
      (await hasSize(blobPath(file), file)) || (await hasSize(shownPath(file), file)),
    prepare: async (file) => blobPath(file),
    async show(file) {
      const path = await files.prepare(folder, file.path.split('/'));
      if (!(await hasSize(path, file))) await files.link(blobPath(file), path);
    },
    async finish() {
      if (revision === commit) return;
      const reference = await files.prepare(join(repositoryFolder, 'refs'), revision.split('/'));
      await fileSystem.writeAtomic(reference, commit);
    },
  };
}
