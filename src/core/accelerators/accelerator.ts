/** What is published of one accelerator: a board, or the part of it that a program sees as one device. */
export interface Accelerator {
  readonly id: string;
  readonly name: string;
  readonly vendor: 'NVIDIA' | 'AMD' | 'Intel' | 'AWS' | 'Google' | 'Apple';
  /**
   * Memory as the vendor prints it. Vendors mean 2^30 bytes for most boards and 1e9 for some, so this is no figure to
   * check against: use `usableMemoryBytes`.
   */
  readonly memoryGb: number;
  /** Total that the driver reports, in MiB, where a printout was read: a little less than what is soldered on. */
  readonly reportedMebibytes?: number;
  /** Sizes it is sold with, of which `memoryGb` is the largest. */
  readonly memoryOptionsGb?: readonly number[];
  /** Shared with the processor and the system, which need a part of it. */
  readonly unifiedMemory: boolean;
  /** 1e9 bytes per second. */
  readonly bandwidthGbPerSecond: number;
  /** Peaks in 1e12 operations per second, dense, with sums in float32; `null` where not supported or not known. */
  readonly bf16Tflops: number | null;
  readonly fp16Tflops: number | null;
  readonly fp32Tflops: number | null;
  /** Peak that 16-bit products reach only when two of every four weights are zero: no basis for estimates. */
  readonly sparse16BitTflops?: number;
  /** Best rate measured of a plain bfloat16 matrix product. */
  readonly measuredBf16Tflops?: number;
  readonly tdpWatts: number | null;
  readonly sources: readonly string[];
  readonly note?: string;
}

const BYTES_PER_GB = 1e9;
const BYTES_PER_MEBIBYTE = 2 ** 20;

/**
 * Bytes that a program can count on before the driver's own context (0.5 to 2 GiB): what the driver reports, else the
 * printed size in units of 1e9 bytes, which is never more than that. Of unified memory it is all of it.
 */
export function usableMemoryBytes({ memoryGb, reportedMebibytes }: Accelerator): number {
  return reportedMebibytes === undefined ? memoryGb * BYTES_PER_GB : reportedMebibytes * BYTES_PER_MEBIBYTE;
}
