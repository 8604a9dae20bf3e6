import { memoryPart, totalBytes, type MemoryPart } from '../estimates/figure.js';
import { inferenceActivationParts } from './activations.js';
import { computeBytes, DTYPE_BYTES, isGgufMix, numberFormat, type Dtype } from './dtype.js';
import { mixedWeights } from './gguf-mixes.js';
import { ggufBits } from './gguf-types.js';
import { CACHE_DTYPE_BYTES, keyValueCacheParts, type CacheDtype } from './key-value-cache.js';
import type { MemoryModel } from './memory-model.js';

/** A running program and its device context: 0.47 GiB with lazily loaded kernels (Stas Bekman, ML Engineering, 2024). */
const RUNTIME_BYTES = 0.5 * 2 ** 30;
/** Share of the tensors' memory that allocators lose to rounding and fragmentation; serving tools keep 5 % free. */
const ALLOCATOR_SHARE = 0.05;
/** Tokens that go through the model at once: the default of llama.cpp, and of vLLM, which cut longer prompts up. */
const LLAMA_CPP_PREFILL_TOKENS = 512;
const SERVER_PREFILL_TOKENS = 2048;
/** Embedding and output beside quantised blocks. */
const UNQUANTIZED_BYTES = 2;

/** How a model is to be run. */
export interface InferenceOptions {
  readonly dtype: Dtype;
  readonly batch: number;
  /** Tokens of one sequence, prompt and completion together. */
  readonly context: number;
  /** Format of keys and values; by default that of the computation, 16 or 32 bits. */
  readonly cacheDtype?: CacheDtype | undefined;
  /** Attention is fused and never holds its scores; by default it is. */
  readonly flashAttention?: boolean | undefined;
  /** Devices that every matrix is divided between. */
  readonly tensorParallel?: number | undefined;
  /** Tokens that go through the model at once; longer prompts are cut up. */
  readonly prefillTokens?: number | undefined;
  /** Whether embedding and output are quantised with the rest; by default as is usual for the format. */
  readonly quantizeEmbeddings?: boolean | undefined;
  /** Counts the program itself and what allocators lose, which a framework's own figures leave out; by default it does. */
  readonly overhead?: boolean | undefined;
  /** Bytes of the weights where they are known exactly, as from the header of a file. */
  readonly weightBytes?: number | undefined;
}

/** Bytes to run a model, on each of its devices; the total is the sum of the parts. */
export interface InferenceMemory {
  readonly parts: readonly MemoryPart[];
  readonly total_bytes: number;
}

/** The weights of a model in a format, on one of the devices they are divided between. */
function weightsPart(
  model: MemoryModel,
  {
    dtype,
    tensorParallel = 1,
    quantizeEmbeddings,
    weightBytes,
  }: Pick<InferenceOptions, 'dtype' | 'tensorParallel' | 'quantizeEmbeddings' | 'weightBytes'>,
): MemoryPart {
  const divided = { tensor_parallel: tensorParallel };
  if (weightBytes !== undefined) {
    const inputs = { stored_bytes: weightBytes, ...divided };
    return memoryPart('weights', 'stored_bytes / tensor_parallel', inputs, {
      source: 'Sizes of the stored tensors',
    });
  }
  if (isGgufMix(dtype)) {
    const elements = [...mixedWeights(dtype, model.parameters, model.shape).elements];
    const terms = elements.map(([type]) => `${type.toLowerCase()}_weights * ${ggufBits(type)}`);
    const inputs = elements.map(([type, count]) => [`${type.toLowerCase()}_weights`, count] as const);
    return memoryPart(
      'weights',
      `(${terms.join(' + ')}) / 8 / tensor_parallel`,
      { ...Object.fromEntries(inputs), ...divided },
      { source: `Tensor types that llama-quantize chooses for ${dtype} (src/llama-quant.cpp)` },
    );
  }
  const { bits, scaleBits, blocksOnly } = numberFormat(dtype);
  const { vocabulary, hidden, tiedEmbeddings } = model.shape;
  if (blocksOnly && quantizeEmbeddings !== true) {
    const embeddings = Math.min(model.parameters, vocabulary * hidden * (tiedEmbeddings ? 1 : 2));
    return memoryPart(
      'weights',
      '((parameters - embedding_parameters) * (bits + scale_bits) / 8 + embedding_parameters * embedding_bytes) / tensor_parallel',
      {
        parameters: model.parameters,
        embedding_parameters: embeddings,
        bits,
        scale_bits: scaleBits,
        embedding_bytes: UNQUANTIZED_BYTES,
        ...divided,
      },
      { source: 'Block formats of GPTQ, AWQ, bitsandbytes and FP8: embedding and output stay in 16 bits' },
    );
  }
  return memoryPart(
    'weights',
    'parameters * (bits + scale_bits) / 8 / tensor_parallel',
    { parameters: model.parameters, bits, scale_bits: scaleBits, ...divided },
    { source: `${DTYPE_BYTES[dtype]} bytes for each weight in ${dtype}` },
  );
}

/**
 * Memory at the peak of generation on each device: the last piece of a prompt goes through the model while the cache is
 * full. Every matrix is divided between the devices, the cache by its heads. Experts count whole: all must be there.
 * Leaves out captured graphs, copies that communication makes, and the memory that servers claim for a larger cache.
 */
export function inferenceMemory(model: MemoryModel, options: InferenceOptions): InferenceMemory {
  const {
    dtype,
    batch,
    context,
    cacheDtype,
    flashAttention = true,
    tensorParallel = 1,
    overhead = true,
  } = options;
  const elementBytes = computeBytes(dtype);
  const usualPrefill = isGgufMix(dtype) ? LLAMA_CPP_PREFILL_TOKENS : SERVER_PREFILL_TOKENS;
  const tensors = [
    weightsPart(model, options),
    ...keyValueCacheParts(model.shape, {
      positions: context,
      batch,
      elementBytes: cacheDtype === undefined ? elementBytes : CACHE_DTYPE_BYTES[cacheDtype],
      tensorParallel,
    }),
    ...inferenceActivationParts(model.shape, {
      batch,
      context,
      prefillTokens: options.prefillTokens ?? usualPrefill,
      elementBytes,
      flashAttention,
      tensorParallel,
    }),
  ];
  const parts = overhead ? [...tensors, ...overheadParts(totalBytes(tensors))] : tensors;
  return { parts, total_bytes: totalBytes(parts) };
}

/** What a process holds besides its tensors. */
function overheadParts(tensorBytes: number): MemoryPart[] {
  return [
    memoryPart(
      'runtime',
      'runtime_bytes',
      { runtime_bytes: RUNTIME_BYTES },
      { source: 'Stas Bekman, ML Engineering: 0.47 GiB for a CUDA context with lazily loaded kernels' },
    ),
    memoryPart(
      'allocator',
      'allocator_share * tensor_bytes',
      { allocator_share: ALLOCATOR_SHARE, tensor_bytes: tensorBytes },
      { source: 'Rounding and fragmentation: the share that serving tools keep free' },
    ),
  ];
}
