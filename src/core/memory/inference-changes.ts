import { computeBytes, DTYPE_BYTES, type Dtype } from './dtype.js';
import type { Change } from './fit.js';
import type { InferenceOptions } from './inference-memory.js';

/** Contexts shorter than this serve few uses. */
const SHORTEST_CONTEXT = 1024;
/** From a million down to one or the shortest. */
const MOST_HALVINGS = 20;

function change(
  description: string | ((after: InferenceOptions) => string),
  price: string,
  applies: (options: InferenceOptions) => boolean,
  altered: (options: InferenceOptions) => Partial<InferenceOptions>,
): Change<InferenceOptions> {
  return {
    describe: typeof description === 'string' ? () => description : description,
    price,
    apply: (options) => (applies(options) ? { ...options, ...altered(options) } : undefined),
  };
}

/** Weights of a narrower format; those of a file have the format they have. */
function narrower(description: string, price: string, dtype: Dtype): Change<InferenceOptions> {
  return change(
    description,
    price,
    (options) => options.weightBytes === undefined && DTYPE_BYTES[options.dtype] > DTYPE_BYTES[dtype],
    () => ({ dtype }),
  );
}

/** What makes running a model smaller, cheapest first. */
export const INFERENCE_CHANGES: readonly Change<InferenceOptions>[] = [
  narrower('weights in bf16', 'nothing for a model that was published in 16 bits', 'bf16'),
  change(
    'the key/value cache in 8 bits',
    'slightly less exact attention',
    ({ cacheDtype, dtype }) =>
      cacheDtype === undefined ? computeBytes(dtype) > 1 : ['fp32', 'fp16', 'bf16'].includes(cacheDtype),
    () => ({ cacheDtype: 'q8_0' }),
  ),
  narrower('weights in 8 bits', 'little quality; measure it on your task', 'int8'),
  narrower('weights in 4 bits', 'some quality; measure it on your task', 'int4'),
  ...Array.from({ length: MOST_HALVINGS }, () =>
    change(
      ({ batch }) => (batch === 1 ? 'one sequence at a time' : `${batch} sequences at once`),
      'fewer answers at the same time',
      ({ batch }) => batch > 1,
      ({ batch }) => ({ batch: Math.floor(batch / 2) }),
    ),
  ),
  ...Array.from({ length: MOST_HALVINGS }, () =>
    change(
      ({ context }) => `a context of ${context} tokens`,
      'longer texts must be cut',
      ({ context }) => context / 2 >= SHORTEST_CONTEXT,
      ({ context }) => ({ context: Math.floor(context / 2) }),
    ),
  ),
];
