import {
  keyValueCacheBytes,
  plainCacheShape,
  CACHE_DTYPE_BYTES,
  CACHE_DTYPES,
  type CacheDtype,
} from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';
import { modelNamed } from './models.js';

type CacheShape = Parameters<typeof keyValueCacheBytes>[0];

/** With latent attention a layer keeps its latent and the shared rotary key, without a factor of two. */
function latentShape(input: CaseInput): CacheShape {
  input.pass('heads', 'kv_heads', 'head_dim', 'hidden');
  const width = input.number('kv_lora_rank') + input.number('rope_dim', 'qk_rope_head_dim');
  const slidingWindows = Array.from({ length: input.number('layers') }, () => undefined);
  return { kvHeads: 1, cacheWidth: width, slidingWindows };
}

function bareShape(input: CaseInput): CacheShape {
  if (input.has('kv_lora_rank')) return latentShape(input);
  const headDimension = input.numberOr(undefined, 'head_dim');
  const heads = input.numberOr(undefined, 'heads');
  const globalLayers = input.numberOr(undefined, 'global_layers');
  const window = input.numberOr(undefined, 'window', 'sliding_window');
  input.pass('hidden');
  return plainCacheShape({
    layers: input.number('layers'),
    kvHeads: input.number('kv_heads', 'heads'),
    headDimension: headDimension ?? input.number('hidden') / (heads ?? input.number('kv_heads')),
    ...(globalLayers === undefined ? {} : { globalLayers }),
    ...(window === undefined ? {} : { window }),
  });
}

/** What the case says of a model that is named too must be what its card says. */
const STATED: Readonly<Record<string, (shape: CacheShape) => number>> = {
  layers: ({ slidingWindows }) => slidingWindows.length,
  kv_heads: ({ kvHeads }) => kvHeads,
  global_layers: ({ slidingWindows }) => slidingWindows.filter((window) => window === undefined).length,
  window: ({ slidingWindows }) => Math.max(...slidingWindows.map((window) => window ?? 0)),
};

async function shapeOf(input: CaseInput): Promise<CacheShape> {
  input.pass('mla');
  if (!input.has('model')) return bareShape(input);
  const { shape } = await modelNamed(input.text('model'));
  for (const [key, stated] of Object.entries(STATED)) {
    if (input.has(key) && input.number(key) !== stated(shape)) throw new Unanswered(`another ${key} of this model`);
  }
  if (input.has('kv_lora_rank') && latentShape(input).cacheWidth !== shape.cacheWidth) {
    throw new Unanswered('another latent of this model');
  }
  input.pass('head_dim', 'heads', 'hidden');
  return shape;
}

function elementBytes(input: CaseInput): number {
  if (!input.has('dtype')) return input.numberOr(2, 'bytes');
  const dtype = input.text('dtype');
  if (!CACHE_DTYPES.includes(dtype as CacheDtype)) throw new Unanswered(`a cache in ${dtype}`);
  return CACHE_DTYPE_BYTES[dtype as CacheDtype];
}

async function cacheBytes(input: CaseInput, positions: number): Promise<number> {
  const batch = input.numberOr(1, 'batch');
  return keyValueCacheBytes(await shapeOf(input), { positions, batch, elementBytes: elementBytes(input) });
}

export const kv = answers({
  bytes_per_token: (input) => {
    input.pass('tokens');
    return cacheBytes(input, 1);
  },
  ...inUnits('', (input) => cacheBytes(input, input.number('tokens', 'seq', 'context'))),
});
