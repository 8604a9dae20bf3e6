import { findAccelerator } from '../../../src/core/accelerators/index.js';
import {
  deliveredPetaflopDays,
  flopsOfPetaflopDays,
  keptShare,
  peakRate,
} from '../../../src/core/compute/index.js';
import { DTYPE_BYTES, parseDtype, ruleOfThumb } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';

/** The weights of a bare count in a format, without the scales of quantised blocks. */
export function weightBytes(parameters: number, format: string): number {
  const dtype = parseDtype(format);
  if (dtype === undefined) throw new Unanswered(`the format ${format}`);
  return parameters * DTYPE_BYTES[dtype];
}

/** The rule's own words: 4 bytes to hold a parameter and 20 besides to train it. */
function rule(input: CaseInput): ReturnType<typeof ruleOfThumb> {
  const besides = input.numberOr(20, 'extra_bytes_per_param');
  const format = input.textOr('fp32', 'dtype');
  if (besides !== 20 || parseDtype(format) !== 'fp32') throw new Unanswered(`the rule with other bytes`);
  return ruleOfThumb(input.number('params'));
}

function petaflopDaysOfGpus(input: CaseInput): number {
  const accelerator = findAccelerator(input.text('gpu'));
  const { tflops } = peakRate(accelerator, 'bf16');
  const peak = input.flag('sparsity') ? accelerator.sparse16BitTflops : tflops;
  if (peak === undefined) throw new Unanswered(`the sparse peak of ${accelerator.name}`);
  return deliveredPetaflopDays({
    gpus: input.number('gpus'),
    days: input.number('days'),
    peak_tflops: peak,
    utilisation: input.numberOr(1, 'utilisation', 'mfu'),
  }).value;
}

export const notes = answers({
  ...inUnits('inference', (input) => rule(input).inference_bytes),
  ...inUnits('training', (input) => rule(input).training_bytes),
  ...inUnits('weights', (input) => weightBytes(input.number('params'), input.textOr('fp32', 'dtype'))),
  flops: (input) => flopsOfPetaflopDays(input.number('pf_days')).value,
  pf_days: petaflopDaysOfGpus,
  fraction: (input) =>
    keptShare({ raw: input.number('raw_gb', 'raw_tokens'), kept: input.number('kept_gb', 'kept_tokens') }).value,
});
