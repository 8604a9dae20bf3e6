import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';

/** What the machine has left to work with. */
export interface MachineResources {
  /** Memory this process could still take, in bytes, the limit of its container considered. */
  freeMemoryBytes(): number;
  /** Memory that a container or control group grants this process, in bytes; `undefined` where nothing limits it. */
  memoryLimitBytes(): number | undefined;
  /** Bytes that an unprivileged user may still write on the disk of that folder; `undefined` where it does not tell. */
  freeDiskBytes(folder: string): Promise<number | undefined>;
}

/** The machine this process runs on. */
export const nodeMachineResources: MachineResources = {
  freeMemoryBytes: () => process.availableMemory(),
  memoryLimitBytes() {
    // 0 where the system has no such limit, and about 2^63 or 2^64 where it has one that was not set.
    const limit = process.constrainedMemory();
    return limit > 0 && limit < totalmem() ? limit : undefined;
  },
  async freeDiskBytes(folder) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      return undefined;
    }
  },
};
