import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readJsonObject } from '../../../core/checkpoints/json-file.js';
import type { DownloadFiles } from '../../../platform/download-files.js';
import type { FileSystem } from '../../../platform/file-system.js';
import type { CachedSnapshot, HubFile } from '../../../platform/model-hub.js';
import { readLocalFile } from '../../../core/downloads/read-local-file.js';

/** Whether the files make a whole model: its configuration, and all weights that an index speaks of. */
async function isComplete(
  fileSystem: FileSystem,
  folder: string,
  paths: readonly string[],
): Promise<boolean> {
  const present = new Set(paths);
  if (!paths.some((path) => /\.(safetensors|gguf)$/.test(path))) return false;
  if (!paths.some((path) => /^(config|adapter_config)\.json$|\.gguf$/.test(path))) return false;
  for (const path of paths.filter((name) => name.endsWith('.safetensors.index.json'))) {
    const { weight_map: map } = await readJsonObject(fileSystem, join(folder, path));
    const parent = path.slice(0, path.lastIndexOf('/') + 1);
    const shards = new Set(typeof map === 'object' && map !== null ? Object.values(map) : []);
    if (shards.size === 0 || ![...shards].every((shard) => present.has(`${parent}${String(shard)}`)))
      return false;
  }
  return true;
}

/**
 * The files of a snapshot in the cache, as the hub would list them.
 * @returns `undefined` where files of the model are missing
 */
export async function listCachedFiles(
  { folder }: CachedSnapshot,
  fileSystem: FileSystem,
  files: DownloadFiles,
): Promise<HubFile[] | undefined> {
  const paths = await files.walk(folder);
  if (!(await isComplete(fileSystem, folder, paths))) return undefined;
  return Promise.all(
    paths.map(async (path) => {
      const size = (await fileSystem.stat(join(folder, path)))?.size ?? 0;
      return { path, size, digest: { kind: 'sha256' as const, hex: '' } };
    }),
  );
}

/** The same file with the digest of what is there, to hold a copy against. */
export async function withDigest(file: HubFile, folder: string, fileSystem: FileSystem): Promise<HubFile> {
  const hash = createHash('sha256');
  for await (const bytes of readLocalFile(fileSystem, join(folder, file.path), 0)) hash.update(bytes);
  return { ...file, digest: { kind: 'sha256', hex: hash.digest('hex') } };
}
