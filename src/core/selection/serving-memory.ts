import { usableMemoryBytes, type Accelerator } from '../accelerators/accelerator.js';
import { ACCELERATORS } from '../accelerators/accelerators.js';
import { inferenceMemory } from '../memory/inference-memory.js';
import { DTYPE_BYTES, type Dtype } from '../memory/dtype.js';
import type { MemoryModel } from '../memory/memory-model.js';

/** Formats that a model is considered in, the most exact first. */
export const SERVING_FORMATS = ['bf16', 'int8', 'int4'] as const satisfies readonly Dtype[];

/** What is to pass the model at once, on how many devices. */
export interface Serving {
  /** Tokens of one sequence, prompt and completion together. */
  readonly context: number;
  /** Sequences at once. */
  readonly batch: number;
  readonly gpus?: number;
}

/** A format with the bytes that each device needs. */
export interface FormatMemory {
  readonly dtype: Dtype;
  readonly total_bytes: number;
}

/** Bytes on each device to run a model in a format. */
export function servingBytes(
  model: MemoryModel,
  dtype: Dtype,
  { context, batch, gpus = 1 }: Serving,
): number {
  return inferenceMemory(model, { dtype, context, batch, tensorParallel: gpus }).total_bytes;
}

/** The most exact of the formats in which a model fits; `undefined` where it fits in none. */
export function mostExactFit(
  model: MemoryModel,
  serving: Serving,
  capacityBytes: number,
  formats: readonly Dtype[] = SERVING_FORMATS,
): FormatMemory | undefined {
  for (const dtype of formats) {
    const total_bytes = servingBytes(model, dtype, serving);
    if (total_bytes <= capacityBytes) return { dtype, total_bytes };
  }
  return undefined;
}

/**
 * Tokens per second that one answer cannot pass: every token reads all weights that it meets from memory (Pope et al.
 * 2022, arXiv 2211.05102, section 2). Leaves out the cache, and that no program reaches the whole bandwidth.
 *
 * @param bytesPerSecond of all devices together
 */
export function fastestTokensPerSecond(
  { activeParameters }: MemoryModel,
  dtype: Dtype,
  bytesPerSecond: number,
): number {
  return bytesPerSecond / (activeParameters * DTYPE_BYTES[dtype]);
}

/** Devices that hold something, or how many of one between which it must be divided. */
export interface SmallestDevices {
  /** Names of all devices of the smallest size of memory that suffices. */
  readonly names: readonly string[];
  readonly count: number;
}

/** Makers whose accelerators run what frameworks write for any: those of clouds need programs of their own. */
const COMMON_VENDORS: readonly Accelerator['vendor'][] = ['NVIDIA', 'AMD'];
/** As many as share one machine. */
const MOST_DEVICES = 8;

/** A board with memory of its own: what shares the system's cannot count on all of it. */
function isCommon({ vendor, unifiedMemory }: Accelerator): boolean {
  return COMMON_VENDORS.includes(vendor) && !unifiedMemory;
}

/**
 * The smallest accelerators that hold something, or, where none does, equal ones of one machine.
 *
 * @param bytesOnEach bytes on each of so many devices; may throw where it cannot be divided so
 * @returns `undefined` where no machine of eight holds it
 */
export function smallestDevices(bytesOnEach: (devices: number) => number): SmallestDevices | undefined {
  const common = ACCELERATORS.filter(isCommon).sort((a, b) => usableMemoryBytes(a) - usableMemoryBytes(b));
  for (let count = 1; count <= MOST_DEVICES; count *= 2) {
    const needed = bytesOnEach(count);
    const smallest = common.find((accelerator) => usableMemoryBytes(accelerator) >= needed);
    if (smallest === undefined) continue;
    const names = common
      .filter((other) => other.memoryGb === smallest.memoryGb && usableMemoryBytes(other) >= needed)
      .map(({ name }) => name);
    return { names, count };
  }
  return undefined;
}
