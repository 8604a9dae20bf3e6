import { ToolkitError } from '../errors/toolkit-error.js';
import { figure, type Figure } from '../estimates/figure.js';

const SOURCE = 'accelerate estimate-memory, huggingface/accelerate commands/estimate.py';

/** Names that accelerate and this toolkit give to formats, with their bytes. */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  ...{ float32: 4, fp32: 4, float16: 2, fp16: 2, bfloat16: 2, bf16: 2, int8: 1, int4: 0.5 },
};

/** What each phase of a step holds, in multiples of the weights at 32 bits; nothing is said of integer weights. */
const PHASES: Readonly<Record<number, Readonly<Record<Phase, number>>>> = {
  4: { model: 1, gradients: 1, optimizer: 2, step: 4 },
  2: { model: 1, gradients: 1.5, optimizer: 2, step: 2 },
};

type Phase = 'model' | 'gradients' | 'optimizer' | 'step';

/** Bytes as accelerate prints them, for comparison. It counts neither activations nor a key/value cache. */
export interface AccelerateEstimate {
  /** Weights and buffers in this format. */
  readonly weights: Figure;
  /** `undefined` where accelerate prints N/A: for 8 and 4 bits. */
  readonly training?: Readonly<Record<Phase, Figure>> & {
    /** What is printed: the largest of the phases, not their sum. */
    readonly reported: Figure;
  };
}

/**
 * What accelerate's estimator says of a model, also of one layer of it.
 *
 * @param fp32Bytes its tensors, buffers included, at 32 bits
 * @param dtype `fp32` or `float32`, and so on
 * @throws ToolkitError `USAGE` for a format that accelerate does not know
 */
export function accelerateEstimate(fp32Bytes: number, dtype: string): AccelerateEstimate {
  const bytes = Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype] : undefined;
  if (bytes === undefined) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw new ToolkitError(`${dtype}: accelerate has no such format`, 'USAGE', `Choose one of ${known}.`);
  }
  const leavesOut =
    'activations, the key/value cache and the runtime; the unit it prints as GB is 2^30 bytes';
  const weights = figure(
    'fp32_bytes * element_bytes / 4',
    { fp32_bytes: fp32Bytes, element_bytes: bytes },
    { source: SOURCE, leavesOut },
  );
  const multiples = PHASES[bytes];
  if (multiples === undefined) return { weights };
  const phase = (name: Phase): Figure =>
    figure('fp32_bytes * multiple', { fp32_bytes: fp32Bytes, multiple: multiples[name] }, { source: SOURCE });
  const training = {
    ...{ model: phase('model'), gradients: phase('gradients') },
    ...{ optimizer: phase('optimizer'), step: phase('step') },
  };
  const reported = figure(
    'max(model, gradients, optimizer, step)',
    Object.fromEntries(Object.entries(training).map(([name, { value }]) => [name, value])),
    { source: SOURCE, leavesOut },
  );
  return { weights, training: { ...training, reported } };
}
