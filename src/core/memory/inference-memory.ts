import { inferenceActivationBytes } from './activations.js';
import { computeBytes, DTYPE_BYTES, type Dtype } from './dtype.js';
import { keyValueCacheBytes } from './key-value-cache.js';
import type { MemoryModel } from './memory-model.js';

/** A running program and its device context: 0.47 GiB with lazily loaded kernels (Stas Bekman, ML Engineering, 2024). */
const RUNTIME_BYTES = 0.5 * 2 ** 30;
/** Share of the tensors' memory that allocators lose to rounding and fragmentation; serving tools keep 5 % free. */
const ALLOCATOR_SHARE = 0.05;

/** How a model is to be run. */
export interface InferenceOptions {
  readonly dtype: Dtype;
  readonly batch: number;
  /** Tokens of one sequence, prompt and completion together. */
  readonly context: number;
}

/** Bytes to run a model; the total is the sum of the others. */
export interface InferenceMemory {
  readonly weights_bytes: number;
  readonly kv_cache_bytes: number;
  readonly activations_bytes: number;
  readonly overhead_bytes: number;
  readonly total_bytes: number;
}

/**
 * Memory at the peak of generation, which is the pass over a prompt that fills the context. Weights of 8 or 4 bits are
 * counted without their scales (block formats add 2 to 12 %); cache and activations then have 16 bits.
 */
export function inferenceMemory(
  model: MemoryModel,
  { dtype, batch, context }: InferenceOptions,
): InferenceMemory {
  const elementBytes = computeBytes(dtype);
  const weights_bytes = Math.ceil(model.parameters * DTYPE_BYTES[dtype]);
  const kv_cache_bytes = keyValueCacheBytes(model.shape, { positions: context, batch, elementBytes });
  const activations_bytes = inferenceActivationBytes(model.shape, {
    positions: context,
    batch,
    elementBytes,
  });
  const tensors = weights_bytes + kv_cache_bytes + activations_bytes;
  const overhead_bytes = Math.ceil(RUNTIME_BYTES + ALLOCATOR_SHARE * tensors);
  return {
    weights_bytes,
    kv_cache_bytes,
    activations_bytes,
    overhead_bytes,
    total_bytes: tensors + overhead_bytes,
  };
}
