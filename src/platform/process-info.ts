import { availableParallelism, cpus, totalmem } from 'node:os';

/** What is known of this process and the machine it runs on. */
export interface ProcessInfo {
  /** Memory this process has now, in bytes. */
  residentBytes(): number;
  /** The most memory this process had, in bytes. */
  peakBytes(): number;
  /** Facts that a run records, since they may change its numbers. */
  describe(): MachineDescription;
}

/** The machine and the runtime. */
export interface MachineDescription {
  readonly node: string;
  readonly platform: string;
  readonly architecture: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory_bytes: number;
}

/** This process. */
export const nodeProcessInfo: ProcessInfo = {
  residentBytes: () => process.memoryUsage.rss(),
  // Node reports it in kibibytes on every platform.
  peakBytes: () => process.resourceUsage().maxRSS * 1024,
  describe: () => ({
    node: process.version,
    platform: process.platform,
    architecture: process.arch,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
  }),
};
