import type { ModelShape } from '../architectures/architecture.js';
import { memoryPart, totalBytes, type MemoryPart } from '../estimates/figure.js';
import { ggufBits } from './gguf-types.js';

/** Formats that keys and values are kept in, with bytes per element, the scales of their blocks included. */
export const CACHE_DTYPE_BYTES = {
  fp32: 4,
  fp16: 2,
  bf16: 2,
  fp8: 1,
  int8: 1,
  int4: 0.5,
  q8_0: ggufBits('Q8_0') / 8,
  q5_1: ggufBits('Q5_1') / 8,
  q5_0: ggufBits('Q5_0') / 8,
  q4_1: ggufBits('Q4_1') / 8,
  q4_0: ggufBits('Q4_0') / 8,
  iq4_nl: ggufBits('IQ4_NL') / 8,
} as const;

/** Name of a format of keys and values. */
export type CacheDtype = keyof typeof CACHE_DTYPE_BYTES;

/** All names of {@link CACHE_DTYPE_BYTES}. */
export const CACHE_DTYPES = Object.keys(CACHE_DTYPE_BYTES) as readonly CacheDtype[];

/** The numbers of a model that its cache depends on. */
export type CacheShape = Pick<ModelShape, 'kvHeads' | 'cacheWidth' | 'slidingWindows'> &
  Partial<Pick<ModelShape, 'kind' | 'headDimension' | 'valueDimension'>>;

/** What is kept, of how many tokens, and where. */
export interface CacheOptions {
  /** Tokens of one sequence, prompt and completion together; of an encoder as many again. */
  readonly positions: number;
  readonly batch: number;
  /** Size of one stored key or value element. */
  readonly elementBytes: number;
  /** Devices that the key/value heads are divided between; those beyond the heads hold copies. */
  readonly tensorParallel?: number;
}

/**
 * The cache of a decoder from its bare numbers; every layer attends to all tokens, or all but `globalLayers` of them
 * to no more than `window`.
 */
export function plainCacheShape(numbers: {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDimension: number;
  readonly globalLayers?: number;
  readonly window?: number;
}): CacheShape {
  const {
    layers,
    kvHeads,
    headDimension,
    window,
    globalLayers = window === undefined ? layers : 0,
  } = numbers;
  return {
    kvHeads,
    cacheWidth: 2 * kvHeads * headDimension,
    slidingWindows: Array.from({ length: layers }, (_, layer) => (layer < globalLayers ? undefined : window)),
  };
}

/** Layers by the tokens they attend to; `undefined` where that is all. */
function layersByWindow(windows: readonly (number | undefined)[]): Map<number | undefined, number> {
  const counts = new Map<number | undefined, number>();
  for (const window of windows) counts.set(window, (counts.get(window) ?? 0) + 1);
  return counts;
}

function isLatent({ kvHeads, cacheWidth, headDimension, valueDimension }: CacheShape): boolean {
  if (headDimension === undefined || valueDimension === undefined) return false;
  return cacheWidth !== kvHeads * (headDimension + valueDimension);
}

/**
 * The keys and values kept for generation, on one device: for each layer and token what the model keeps of one (keys and
 * values of every key/value head; with latent attention the latent and the shared rotary key), where a window slides
 * no more tokens than it spans. A decoder beside an encoder keeps keys and values of the encoder's tokens too; an encoder
 * alone keeps nothing. Sources: Kwon et al. 2023, arXiv 2309.06180; hf-mem for windows; DeepSeek-V2, arXiv 2405.04434,
 * for latents.
 */
export function keyValueCacheParts(shape: CacheShape, options: CacheOptions): MemoryPart[] {
  const { positions, batch, elementBytes, tensorParallel = 1 } = options;
  if (shape.cacheWidth === 0) return [];
  const isDivided = tensorParallel > 1 && !isLatent(shape);
  const kept = 'layers * cache_width * tokens * batch * bytes_per_element';
  const keptHere = isDivided ? `${kept} / min(tensor_parallel, kv_heads)` : kept;
  const common = {
    cache_width: shape.cacheWidth,
    tokens: positions,
    batch,
    bytes_per_element: elementBytes,
    ...(isDivided ? { tensor_parallel: tensorParallel, kv_heads: shape.kvHeads } : {}),
  };
  const notes = { source: 'Kwon et al. 2023, arXiv 2309.06180', leavesOut: 'pages that are filled in part' };
  const parts = [...layersByWindow(shape.slidingWindows)].map(([window, layers]) =>
    window === undefined
      ? memoryPart('key/value cache', keptHere, { layers, ...common }, notes)
      : memoryPart(
          `key/value cache: windows of ${window}`,
          keptHere.replace('tokens', 'min(window, tokens)'),
          { layers, window, ...common },
          { ...notes, source: 'hf-mem: layers with a window keep no more than it spans' },
        ),
  );
  if (shape.kind === 'encoder-decoder') {
    const inputs = { layers: shape.slidingWindows.length, ...common };
    parts.push(memoryPart('key/value cache: encoder', keptHere, inputs, notes));
  }
  return parts;
}

/** Bytes of the keys and values kept for generation: the sum of {@link keyValueCacheParts}. */
export function keyValueCacheBytes(shape: CacheShape, options: CacheOptions): number {
  return totalBytes(keyValueCacheParts(shape, options));
}
