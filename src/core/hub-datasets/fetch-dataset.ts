import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import type { MachineResources } from '../../platform/machine-resources.js';
import type { DatasetHub, FileListing, HubFile } from '../../platform/model-hub.js';
import { cacheTarget } from '../downloads/cache-target.js';
import { checkFileNames } from '../downloads/check-file-names.js';
import { checkFreeDisk } from '../downloads/check-free-disk.js';
import { downloadAll, findMissing, type DownloadPorts } from '../downloads/download-all.js';
import type { ByteSource } from '../downloads/download-file.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { chooseFiles, type ChosenFiles, type WantedParts } from './choose-files.js';
import type { DatasetId } from './dataset-id.js';

/** Where the hub keeps every public dataset as Parquet, a folder for each configuration and in it one for each part. */
const PARQUET_BRANCH = 'refs/convert/parquet';

const MAIN_BRANCH = 'main';

/** What {@link fetchDataset} needs. */
export interface DatasetPorts extends DownloadPorts {
  readonly hub: DatasetHub;
  readonly fileSystem: FileSystem;
  readonly resources: Pick<MachineResources, 'freeDiskBytes'>;
}

/**
 * Brings parts of a dataset from the hub into the cache that Hugging Face's tools share. Every file is held against the
 * size and the digest that the hub gives, and what was interrupted is gone on with. Without a network, parts that are in
 * the cache are taken.
 *
 * @returns a folder with the parts
 * @throws ToolkitError `USAGE`, `NOT_FOUND` for the dataset, its configuration or a part; `NETWORK`, for gated datasets
 *   too; `OUT_OF_RESOURCES`, `INTERRUPTED`
 */
export async function fetchDataset(
  dataset: DatasetId,
  wanted: WantedParts,
  ports: DatasetPorts,
): Promise<string> {
  const { hub, signal } = ports;
  // The conversion lacks some datasets, and some parts of large ones.
  const revisions = dataset.revision === undefined ? [PARQUET_BRANCH, MAIN_BRANCH] : [dataset.revision];
  let problem: unknown;
  for (const revision of revisions) {
    let listing: FileListing;
    try {
      listing = await hub.listFiles(dataset.id, revision, signal);
    } catch (error) {
      const code = error instanceof ToolkitError ? error.code : undefined;
      const cached = code === 'NETWORK' ? await fromCache(dataset, revisions, wanted, ports) : undefined;
      if (cached !== undefined) return cached;
      if (code === 'NOT_FOUND' && revision !== revisions.at(-1)) continue;
      throw error;
    }
    let chosen: ChosenFiles;
    try {
      const paths = listing.files.map(({ path }) => path);
      chosen = chooseFiles(dataset, paths, wanted);
    } catch (error) {
      const isElsewhere = error instanceof ToolkitError && ['NOT_FOUND', 'UNSUPPORTED'].includes(error.code);
      if (!isElsewhere) throw error;
      // That of the conversion names configurations and parts best.
      problem ??= error;
      continue;
    }
    return download(dataset.id, revision, listing, chosen, ports);
  }
  throw problem;
}

async function download(
  id: string,
  revision: string,
  { commit, files: listed }: FileListing,
  chosen: ChosenFiles,
  ports: DatasetPorts,
): Promise<string> {
  const { hub, fileSystem, files, resources } = ports;
  checkFileNames(id, chosen.paths);
  const wanted = listed.filter(({ path }) => chosen.paths.includes(path));
  const target = cacheTarget({ repositoryFolder: hub.cacheFolder(id), commit, revision }, fileSystem, files);
  const missing = await findMissing(wanted, target);
  await checkFreeDisk(target.partialFolder, [...missing.values()], fileSystem, resources);
  const sourcesOf = async ({ path }: HubFile): Promise<ByteSource[]> => [
    (offset, signal) => hub.readFile({ id, commit, path, offset }, signal),
  ];
  await downloadAll({ id, missing, partialFolder: target.partialFolder, sourcesOf }, ports);
  for (const file of wanted) await target.show(file);
  await target.finish();
  return join(target.folder, ...chosen.folder.split('/'));
}

/** The folder of an earlier download, if all needed parts are in it. */
async function fromCache(
  dataset: DatasetId,
  revisions: readonly string[],
  wanted: WantedParts,
  { hub, files }: DatasetPorts,
): Promise<string | undefined> {
  for (const revision of revisions) {
    const cached = await hub.findCachedSnapshot(dataset.id, revision);
    if (cached === undefined) continue;
    try {
      const { folder } = chooseFiles(dataset, await files.walk(cached.folder), wanted);
      return join(cached.folder, ...folder.split('/'));
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
    }
  }
  return undefined;
}
