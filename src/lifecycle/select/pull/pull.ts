import { z } from 'zod';
import type { ProgressListener } from '../../../core/progress/progress-event.js';
import type { DownloadFiles } from '../../../platform/download-files.js';
import type { FileSystem } from '../../../platform/file-system.js';
import type { MachineResources } from '../../../platform/machine-resources.js';
import type { ModelHub } from '../../../platform/model-hub.js';
import { parseOptions } from '../../parse-options.js';
import { cacheTarget } from '../../../core/downloads/cache-target.js';
import { withDigest } from './cached-listing.js';
import { checkFileNames } from '../../../core/downloads/check-file-names.js';
import { checkFreeDisk } from '../../../core/downloads/check-free-disk.js';
import { downloadAll, findMissing, sizeOf } from '../../../core/downloads/download-all.js';
import { findSource } from './find-source.js';
import { folderTarget } from './folder-target.js';
import { readLocalFile } from '../../../core/downloads/read-local-file.js';
import { selectFiles } from './select-files.js';

const optionsSchema = z.object({
  /** `ORG/NAME`, as elsewhere also with `hf:` before it. */
  id: z.string().transform((id) => id.replace(/^hf:/, '')),
  /** A branch, tag or commit. */
  revision: z.string().default('main'),
  /** Patterns of paths; by default what a model needs. */
  include: z.array(z.string().min(1)).default([]),
  exclude: z.array(z.string().min(1)).default([]),
  /** A folder for plain files, instead of the cache. */
  out: z.string().min(1).optional(),
});

/** Options of {@link pullModel}. */
export type PullOptions = z.input<typeof optionsSchema>;

/** What {@link pullModel} needs. */
export interface PullPorts {
  readonly hub: Pick<ModelHub, 'listFiles' | 'readFile' | 'findCachedSnapshot' | 'modelCacheFolder'>;
  readonly fileSystem: FileSystem;
  readonly files: DownloadFiles;
  readonly resources: Pick<MachineResources, 'freeDiskBytes'>;
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal;
}

/** Where a model lies now. */
export interface PullResult {
  readonly id: string;
  readonly revision: string;
  readonly commit: string;
  /** Folder with the files under their own names. */
  readonly folder: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly total_bytes: number;
  /** Bytes that were not there before, resumed parts included. */
  readonly fetched_bytes: number;
  /** Pickles that were left out. */
  readonly skipped_pickles: readonly string[];
  /** Why the cache was taken instead of the hub; `null` when the hub answered. */
  readonly offline_reason: string | null;
}

/**
 * Brings a model here: into the cache that all Hugging Face tools share, or as plain files into a folder. Every file is
 * held against the size and the digest that the hub gives before it takes its place; an interrupted download is gone
 * on with by the next call. Without a network a whole snapshot in the cache is taken.
 * @throws USAGE, NOT_FOUND, NETWORK, UNSUPPORTED for pickles and for names that lead elsewhere, OUT_OF_RESOURCES when
 *   the disk is too small, WRITE_FAILED, INTERRUPTED
 */
export async function pullModel(options: PullOptions, ports: PullPorts): Promise<PullResult> {
  const { id, revision, out, ...choice } = parseOptions(optionsSchema, options);
  const { hub, fileSystem, files, resources } = ports;
  const source = await findSource(id, revision, ports);
  const { commit, snapshotFolder } = source;
  const selection = selectFiles(id, source.files, choice);
  checkFileNames(
    id,
    selection.files.map(({ path }) => path),
    'Leave the file out with --exclude, or ask the authors to rename it.',
  );
  const repositoryFolder = hub.modelCacheFolder(id);
  const cache = cacheTarget({ repositoryFolder, commit, revision }, fileSystem, files);
  const target = out === undefined ? cache : folderTarget(out, fileSystem, files);
  const wanted =
    snapshotFolder === undefined || out === undefined
      ? selection.files
      : await Promise.all(selection.files.map((file) => withDigest(file, snapshotFolder, fileSystem)));

  const missing = await findMissing(wanted, target);
  await checkFreeDisk(
    target.partialFolder,
    [...missing.values()],
    fileSystem,
    resources,
    'set HF_HOME to a folder on a larger disk, or choose fewer files with --include.',
  );
  await downloadAll(
    {
      id,
      missing,
      partialFolder: target.partialFolder,
      sourcesOf: async (file) => {
        if (out === undefined || snapshotFolder !== undefined) return [source.read(file)];
        const blob = await cache.prepare(file);
        if ((await fileSystem.stat(blob))?.size !== file.size) return [source.read(file)];
        return [(offset) => readLocalFile(fileSystem, blob, offset), source.read(file)];
      },
    },
    ports,
  );
  // A cache that is its own source needs nothing, and may be read-only.
  if (snapshotFolder !== target.folder) {
    for (const file of wanted) await target.show(file);
    await target.finish();
  }
  return {
    id,
    revision,
    commit,
    folder: target.folder,
    files: wanted.map(({ path, size }) => ({ path, bytes: size })),
    total_bytes: sizeOf(wanted),
    fetched_bytes: sizeOf(missing.values()),
    skipped_pickles: selection.skippedPickles,
    offline_reason: source.offlineReason,
  };
}
