import { join } from 'node:path';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { MachineResources } from '../../platform/machine-resources.js';
import type { HubFile } from '../../platform/model-hub.js';

const inGigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

/**
 * Makes sure that the files fit on the disk of a folder, what lies there of them already considered.
 * @param folder of partial files; it is made if need be, since only a folder that exists tells its disk
 * @param remedy what the user can do besides making room
 * @throws OUT_OF_RESOURCES
 */
export async function checkFreeDisk(
  folder: string,
  files: readonly HubFile[],
  fileSystem: FileSystem,
  resources: Pick<MachineResources, 'freeDiskBytes'>,
  remedy = 'or set HF_HOME to a folder on a larger disk.',
): Promise<void> {
  if (files.length === 0) return;
  await fileSystem.makeDirectory(folder);
  const sizes = new Map(files.map(({ digest, size }) => [digest.hex, size]));
  const begun = new Map<string, number>();
  for (const name of await fileSystem.list(folder)) {
    const hex = name.split('.')[0] ?? '';
    const size = sizes.get(hex);
    if (size === undefined || !name.endsWith('.incomplete')) continue;
    const bytes = (await fileSystem.stat(join(folder, name)))?.size ?? 0;
    begun.set(hex, Math.max(begun.get(hex) ?? 0, Math.min(size, bytes)));
  }
  const sum = (numbers: Iterable<number>): number =>
    [...numbers].reduce((total, number) => total + number, 0);
  const needed = sum(files.map(({ size }) => size)) - sum(begun.values());
  const free = await resources.freeDiskBytes(folder);
  if (free === undefined || needed <= free) return;
  throw new ToolkitError(
    `${folder}: the download needs ${inGigabytes(needed)}, the disk has ${inGigabytes(free)} free`,
    'OUT_OF_RESOURCES',
    `Free some space, ${remedy}`,
  );
}
