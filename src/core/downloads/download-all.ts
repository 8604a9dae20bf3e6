import { ToolkitError } from '../errors/toolkit-error.js';
import type { ProgressListener } from '../progress/progress-event.js';
import type { DownloadFiles } from '../../platform/download-files.js';
import type { HubFile } from '../../platform/model-hub.js';
import { downloadFile, type ByteSource } from './download-file.js';
import type { DownloadTarget } from './download-target.js';
import { inParallel } from './in-parallel.js';

/** Files downloaded at once: enough to fill a line, few enough for servers that count connections. */
const DOWNLOADS_AT_ONCE = 4;

/** What {@link downloadAll} brings, and where from and to. */
export interface Downloads {
  /** Of the repository, for messages. */
  readonly id: string;
  /** Files by the path that they will have. */
  readonly missing: ReadonlyMap<string, HubFile>;
  readonly partialFolder: string;
  readonly sourcesOf: (file: HubFile) => Promise<ByteSource[]>;
}

/** What downloads need from outside. */
export interface DownloadPorts {
  readonly files: DownloadFiles;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of all files together. */
export const sizeOf = (files: Iterable<HubFile>): number =>
  [...files].reduce((sum, { size }) => sum + size, 0);

/** Files still to come, by the path that they will have; in the cache equal contents have one. */
export async function findMissing(
  files: readonly HubFile[],
  target: DownloadTarget,
): Promise<Map<string, HubFile>> {
  const missing = new Map<string, HubFile>();
  for (const file of files) {
    if (!(await target.isPresent(file))) missing.set(await target.prepare(file), file);
  }
  return missing;
}

/**
 * Downloads files, a few at a time, each held against its size and digest before it takes its place.
 *
 * @throws ToolkitError `INTERRUPTED` when stopped; as `downloadFile`
 */
export async function downloadAll(
  { id, missing, partialFolder, sourcesOf }: Downloads,
  { files, onProgress, signal }: DownloadPorts,
): Promise<void> {
  const total = sizeOf(missing.values());
  let done = 0;
  const onBytes = (change: number): void => {
    done += change;
    onProgress?.({ stage: 'download', done, total, unit: 'bytes' });
  };
  try {
    await inParallel(
      [...missing],
      DOWNLOADS_AT_ONCE,
      async ([destination, file], either) => {
        const sources = await sourcesOf(file);
        await downloadFile(files, { file, partialFolder, destination, sources, signal: either, onBytes });
      },
      signal,
    );
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw new ToolkitError(
      `${id}: stopped after ${done} of ${total} bytes`,
      'INTERRUPTED',
      'Run the same command again to go on from there.',
      error,
    );
  }
}
