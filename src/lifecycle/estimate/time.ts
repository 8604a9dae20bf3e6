import { USUAL_PREFILL_UTILISATION, USUAL_TRAINING_UTILISATION } from '../../core/compute/index.js';
import type { Figure } from '../../core/estimates/figure.js';
import { parseOptions } from '../parse-options.js';
import { describeModel, trainingCompute, type ComputedModel } from './compute.js';
import { duration, type Duration } from './duration.js';
import { estimatedGpu, type EstimatedGpu } from './estimated-gpus.js';
import type { ResolveModelPorts } from '../../core/selection/resolve-model.js';
import { runExpenses, type RunExpenses } from './run-expenses.js';
import {
  acceleratorsOf,
  assertOneBasis,
  timeOptionsSchema,
  workOf,
  type EstimateTimeOptions,
  type TimeBasis,
} from './time-options.js';
import { resolveTrainedModel, sequenceLength } from './trained-model.js';

export type { EstimateTimeOptions, TimeBasis } from './time-options.js';

/** Equal GPUs where their number is not said: one machine as it is usually rented. */
const USUAL_TRAINING_GPUS = 8;

/** Time, money and energy on one kind of GPU. */
export interface GpuTime extends Duration, RunExpenses {
  /** `null` where hours or speed were given without saying of what. */
  readonly gpu: EstimatedGpu | null;
}

/** An estimate of time, money and energy, with everything it rests on. */
export interface TimeEstimate {
  readonly basis: TimeBasis;
  readonly model: ComputedModel | null;
  readonly tokens: number | null;
  /** Operations that training takes, those that are done again included. */
  readonly flops: Figure | null;
  /** `null` where hours were given without saying of how many. */
  readonly gpus: number | null;
  readonly rows: readonly GpuTime[];
  readonly assumptions: {
    readonly utilisation: number;
    readonly bandwidth_utilisation: number | null;
    readonly sequence_length: number | null;
    readonly prompt_tokens: number | null;
    readonly output_tokens: number | null;
    readonly requests: number | null;
    readonly batch: number | null;
    readonly weights: string | null;
    readonly dtype: string;
    readonly recompute: string;
    readonly method: string;
    readonly pue: number;
    readonly carbon_g_per_kwh: number | null;
  };
}

/**
 * Estimates hours, GPU-hours, money and energy: of training, from its operations, from a measured speed or from given
 * GPU-hours; or of answering requests.
 *
 * @throws ToolkitError `USAGE` for options that make no sense or are missing, or an accelerator that is not known,
 *   `CONTEXT_OVERFLOW` for more tokens than the model has positions; and as `resolveModel`
 */
export async function estimateTime(
  options: EstimateTimeOptions,
  ports: ResolveModelPorts,
): Promise<TimeEstimate> {
  const chosen = parseOptions(timeOptionsSchema, options);
  assertOneBasis(chosen);
  const named =
    chosen.model === undefined ? undefined : await resolveTrainedModel(chosen.model, chosen, ports);
  const work = workOf(chosen, named);
  const { basis, resolved } = work;
  const isServing = basis === 'serving';
  const gpus = chosen.gpus ?? (isServing ? 1 : USUAL_TRAINING_GPUS);
  const sequence = resolved && !isServing ? sequenceLength(resolved, chosen.sequenceLength) : null;
  const { tokens, causal, recompute, method, rank } = chosen;
  const flops =
    resolved && sequence !== null && tokens !== undefined
      ? trainingCompute(resolved, tokens, { sequence, causal, recompute, method, rank }).hardware_flops
      : null;
  const rows = acceleratorsOf(work, chosen.gpu).map((accelerator) => {
    const gpu = accelerator === undefined ? null : estimatedGpu(accelerator, chosen.dtype);
    const taken = duration(work, accelerator, gpu, { gpus, flops, options: chosen });
    return { gpu, ...taken, ...runExpenses(accelerator, taken.gpu_hours.value, chosen) };
  });
  const usual = isServing ? USUAL_PREFILL_UTILISATION : USUAL_TRAINING_UTILISATION;
  return {
    basis,
    model: resolved === undefined ? null : describeModel(resolved),
    tokens: tokens ?? null,
    flops,
    gpus: basis === 'gpu-hours' ? (chosen.gpus ?? null) : gpus,
    rows,
    assumptions: {
      utilisation: chosen.utilisation ?? usual,
      bandwidth_utilisation: isServing ? chosen.bandwidthUtilisation : null,
      sequence_length: sequence,
      prompt_tokens: isServing ? chosen.promptTokens : null,
      output_tokens: isServing ? chosen.outputTokens : null,
      requests: isServing ? chosen.requests : null,
      batch: isServing ? chosen.batch : null,
      weights: isServing ? (chosen.weights ?? chosen.dtype) : null,
      dtype: chosen.dtype,
      recompute,
      method,
      pue: chosen.pue,
      carbon_g_per_kwh: chosen.carbon ?? null,
    },
  };
}
