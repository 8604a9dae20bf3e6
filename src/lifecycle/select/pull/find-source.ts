import { join } from 'node:path';
import { ToolkitError } from '../../../core/errors/toolkit-error.js';
import type { DownloadFiles } from '../../../platform/download-files.js';
import type { FileSystem } from '../../../platform/file-system.js';
import type { HubFile, ModelHub } from '../../../platform/model-hub.js';
import type { ByteSource } from '../../../core/downloads/download-file.js';
import { listCachedFiles } from './cached-listing.js';
import { readLocalFile } from '../../../core/downloads/read-local-file.js';

/** Where the files of a model come from: the hub, or a whole snapshot in the cache that stands in for it. */
export interface ModelSource {
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** Folder of the snapshot that stands in. */
  readonly snapshotFolder: string | undefined;
  /** Why it does. */
  readonly offlineReason: string | null;
  read(file: HubFile): ByteSource;
}

/** What {@link findSource} needs. */
export interface SourcePorts {
  readonly hub: Pick<ModelHub, 'listFiles' | 'readFile' | 'findCachedSnapshot'>;
  readonly fileSystem: FileSystem;
  readonly files: DownloadFiles;
  readonly signal?: AbortSignal;
}

/**
 * Asks the hub for the files of a model; where it gives none, takes what lies in the cache if that is whole.
 * @throws NETWORK when there is neither, NOT_FOUND
 */
export async function findSource(id: string, revision: string, ports: SourcePorts): Promise<ModelSource> {
  const { hub, fileSystem, files, signal } = ports;
  try {
    const { commit, files: listed } = await hub.listFiles(id, revision, signal);
    return {
      commit,
      files: listed,
      snapshotFolder: undefined,
      offlineReason: null,
      read:
        ({ path }) =>
        (offset, either) =>
          hub.readFile({ id, commit, path, offset }, either),
    };
  } catch (error) {
    if (!(error instanceof ToolkitError) || error.code !== 'NETWORK') throw error;
    const cached = await hub.findCachedSnapshot(id, revision);
    const listed = cached && (await listCachedFiles(cached, fileSystem, files));
    if (cached === undefined || listed === undefined) throw error;
    return {
      commit: cached.commit,
      files: listed,
      snapshotFolder: cached.folder,
      offlineReason: error.message,
      read:
        ({ path }) =>
        (offset) =>
          readLocalFile(fileSystem, join(cached.folder, path), offset),
    };
  }
}
