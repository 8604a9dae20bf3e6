import { z } from 'zod';
import { usableMemoryBytes, type Accelerator } from '../../core/accelerators/accelerator.js';
import {
  ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN,
  gpuHours,
  impliedMfu,
  mfu,
  secondsAtSpeed,
  secondsForFlops,
  secondsOfGpuHours,
  servingTime,
  USUAL_BANDWIDTH_UTILISATION,
  USUAL_PREFILL_UTILISATION,
  USUAL_PUE,
  USUAL_TRAINING_UTILISATION,
  type ServingTime,
} from '../../core/compute/index.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { figure, type Figure } from '../../core/estimates/figure.js';
import { DTYPE_BYTES, parseDtype } from '../../core/memory/dtype.js';
import { keyValueCacheBytes } from '../../core/memory/key-value-cache.js';
import { didYouMean } from '../../core/near-matches.js';
import { parseOptions } from '../parse-options.js';
import { describeModel, trainingCompute, trainingRunSchema, type ComputedModel } from './compute.js';
import { chooseAccelerators, estimatedGpu, type EstimatedGpu } from './estimated-gpus.js';
import type { ResolvedModel, ResolveModelPorts } from './resolve-model.js';
import { runExpenses, type RunExpenses } from './run-expenses.js';
import { resolveTrainedModel, sequenceLength } from './trained-model.js';

const positive = z.number().int().positive();
const share = z.number().positive().max(1);

const optionsSchema = trainingRunSchema.extend({
  /** As {@link resolveTrainedModel} takes it; not needed where time or speed are given. */
  model: z.string().min(1).optional(),
  /** Tokens to train on. */
  tokens: positive.optional(),
  /** Equal GPUs that work together; by default 8 to train, 1 to serve. */
  gpus: positive.optional(),
  utilisation: share.optional(),
  /** Measured speed of training on all GPUs together, in place of a count of operations. */
  tokensPerSecond: z.number().positive().optional(),
  /** Hours of all GPUs, in place of a count of operations. */
  gpuHours: z.number().positive().optional(),
  /** Answers requests instead of training. */
  serve: z.boolean().default(false),
  promptTokens: positive.default(512),
  outputTokens: positive.default(256),
  requests: positive.default(1000),
  /** Requests that are worked on at once. */
  batch: positive.default(1),
  /** Number format of the weights when serving; by default that of the products. */
  weights: z.string().optional(),
  bandwidthUtilisation: share.default(USUAL_BANDWIDTH_UTILISATION),
  /** US dollars for an hour of one GPU; by default the cheapest offer that is known. */
  price: z.number().nonnegative().optional(),
  /** Power usage effectiveness: energy of the building over that of its computers. */
  pue: z.number().min(1).default(USUAL_PUE),
  /** Grams of CO₂ equivalents for a kWh. */
  carbon: z.number().nonnegative().optional(),
});

/** Options of {@link estimateTime}. */
export type EstimateTimeOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/** Time, money and energy on one kind of GPU. */
export interface GpuTime extends RunExpenses {
  /** `null` where hours or speed were given without saying of what. */
  readonly gpu: EstimatedGpu | null;
  /** Of all GPUs together; `null` where only GPU-hours are known. */
  readonly seconds: Figure | null;
  readonly gpu_hours: Figure;
  /** Model FLOPs utilisation that a measured speed or given GPU-hours amount to. */
  readonly mfu: Figure | null;
  readonly serving: ServingTime | null;
  /** Weights and cache when serving, over the memory of all GPUs: above 1 it does not fit. */
  readonly memory_share: number | null;
}

/** What was estimated: from operations, from a measured speed, from given hours, or of answering requests. */
export type TimeBasis = 'operations' | 'measured-speed' | 'gpu-hours' | 'serving';

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

/** Equal GPUs where their number is not said: one machine as it is usually rented. */
const USUAL_TRAINING_GPUS = 8;

/** What is known of the work, by what its time follows from. */
type Work =
  | { readonly basis: 'operations'; readonly resolved: ResolvedModel; readonly tokens: number }
  | {
      readonly basis: 'measured-speed';
      readonly resolved: ResolvedModel | undefined;
      readonly tokens: number;
      readonly tokensPerSecond: number;
    }
  | {
      readonly basis: 'gpu-hours';
      readonly resolved: ResolvedModel | undefined;
      readonly tokens: number | undefined;
      readonly gpuHours: number;
    }
  | { readonly basis: 'serving'; readonly resolved: ResolvedModel };

/** @throws ToolkitError `USAGE` for options that exclude each other */
function assertOneBasis({ serve, tokensPerSecond, gpuHours: hours }: Options): void {
  const bases = [
    ...(serve ? ['--serve'] : []),
    ...(tokensPerSecond !== undefined ? ['--tokens-per-second'] : []),
    ...(hours !== undefined ? ['--gpu-hours'] : []),
  ];
  if (bases.length <= 1) return;
  throw new ToolkitError(
    `${bases.join(' and ')} exclude each other`,
    'USAGE',
    'Give one of them, or none to count operations.',
  );
}

function missing(...names: string[]): ToolkitError {
  return new ToolkitError(
    `Missing ${names.join(' and ')}`,
    'USAGE',
    'For example: genai estimate time 7B --tokens 1T --gpu H100 --gpus 64. With --gpu-hours neither is needed, with ' +
      '--tokens-per-second no model, and with --serve no tokens.',
  );
}

/** @throws ToolkitError `USAGE` that names everything that is missing */
function workOf(options: Options, resolved: ResolvedModel | undefined): Work {
  const { serve, tokens, tokensPerSecond, gpuHours: hours } = options;
  if (serve) {
    if (resolved === undefined) throw missing('MODEL');
    assertGenerates(resolved);
    return { basis: 'serving', resolved };
  }
  if (hours !== undefined) return { basis: 'gpu-hours', resolved, tokens, gpuHours: hours };
  if (tokensPerSecond !== undefined) {
    if (tokens === undefined) throw missing('--tokens');
    return { basis: 'measured-speed', resolved, tokens, tokensPerSecond };
  }
  if (resolved === undefined && tokens === undefined) throw missing('MODEL', '--tokens');
  if (resolved === undefined) throw missing('MODEL');
  if (tokens === undefined) throw missing('--tokens');
  return { basis: 'operations', resolved, tokens };
}

function assertGenerates({ model, name }: ResolvedModel): void {
  if (model.shape.kind !== 'encoder') return;
  throw new ToolkitError(
    `${name} is an encoder, which generates nothing`,
    'UNSUPPORTED',
    'Choose a decoder or an encoder–decoder to serve.',
  );
}

/** The accelerators to compare; where something was measured, the one it was measured on, if that is said. */
function acceleratorsOf({ basis }: Work, names: readonly string[] | undefined): (Accelerator | undefined)[] {
  if (basis === 'operations' || basis === 'serving') return chooseAccelerators(names);
  if (names === undefined) return [undefined];
  if (names.length === 1) return chooseAccelerators(names);
  throw new ToolkitError(
    `--gpu: what was measured was measured on one kind of GPU, but ${names.length} are named`,
    'USAGE',
    'Name the one.',
  );
}

/** Bytes of a weight in a format that the user names. */
function weightBytes(name: string): number {
  const dtype = parseDtype(name);
  if (dtype !== undefined) return DTYPE_BYTES[dtype];
  const near = didYouMean(name, Object.keys(DTYPE_BYTES));
  throw new ToolkitError(
    `--weights ${name}: no such number format`,
    'USAGE',
    `${near === undefined ? '' : `${near} `}Known: ${Object.keys(DTYPE_BYTES).join(', ')}.`,
  );
}

/** How long something takes, and how well it uses the GPU where that follows from a measurement. */
type Duration = Pick<GpuTime, 'seconds' | 'gpu_hours' | 'mfu' | 'serving' | 'memory_share'>;

const NOT_SERVING = { mfu: null, serving: null, memory_share: null };

function durationOfOperations(
  flops: number,
  { peak_tflops }: EstimatedGpu,
  gpus: number,
  options: Options,
): Duration {
  const utilisation = options.utilisation ?? USUAL_TRAINING_UTILISATION;
  const seconds = secondsForFlops(flops, { gpus, peak_tflops, utilisation });
  return { ...NOT_SERVING, seconds, gpu_hours: gpuHours({ gpus, seconds: seconds.value }) };
}

function durationAtSpeed(
  { tokens, tokensPerSecond, resolved }: Extract<Work, { basis: 'measured-speed' }>,
  gpu: EstimatedGpu | null,
  gpus: number,
  options: Options,
): Duration {
  const seconds = secondsAtSpeed({ tokens, tokens_per_second: tokensPerSecond });
  return {
    ...NOT_SERVING,
    seconds,
    gpu_hours: gpuHours({ gpus, seconds: seconds.value }),
    mfu: gpu && resolved ? measuredMfu(resolved, gpu, gpus, tokensPerSecond, options) : null,
  };
}

function measuredMfu(
  resolved: ResolvedModel,
  { peak_tflops }: EstimatedGpu,
  gpus: number,
  tokens_per_second: number,
  options: Options,
): Figure {
  const { shape, activeParameters: parameters } = resolved.model;
  const { layers, heads, headDimension: head_dimension } = shape;
  const sequence = sequenceLength(resolved, options.sequenceLength);
  return mfu({
    ...{ tokens_per_second, parameters, gpus, peak_tflops },
    ...(shape.kind === 'encoder-decoder'
      ? { flops_per_parameter_token: ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN }
      : { attention: { layers, heads, head_dimension, sequence } }),
  });
}

function durationOfGpuHours(
  { gpuHours: gpu_hours, tokens, resolved }: Extract<Work, { basis: 'gpu-hours' }>,
  gpu: EstimatedGpu | null,
  gpus: number | undefined,
): Duration {
  const isEncoderDecoder = resolved?.model.shape.kind === 'encoder-decoder';
  return {
    ...NOT_SERVING,
    // How many GPUs shared the hours is known only where it is said.
    seconds: gpus === undefined ? null : secondsOfGpuHours({ gpus, gpu_hours }),
    gpu_hours: figure('gpu_hours', { gpu_hours }, { source: 'as given' }),
    mfu:
      gpu && resolved && tokens !== undefined
        ? impliedMfu({
            parameters: resolved.model.activeParameters,
            ...{ tokens, gpu_hours, peak_tflops: gpu.peak_tflops },
            ...(isEncoderDecoder && {
              flops_per_parameter_token: ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN,
            }),
          })
        : null,
  };
}

function durationOfServing(
  { model }: ResolvedModel,
  accelerator: Accelerator,
  { peak_tflops }: EstimatedGpu,
  gpus: number,
  options: Options,
): Duration {
  const { promptTokens: prompt_tokens, outputTokens: output_tokens, requests, batch } = options;
  const weight_bytes = weightBytes(options.weights ?? options.dtype);
  const cache_bytes = DTYPE_BYTES[options.dtype];
  const serving = servingTime(
    model,
    { prompt_tokens, output_tokens, requests, batch, weight_bytes, cache_bytes },
    {
      ...{ gpus, peak_tflops },
      utilisation: options.utilisation ?? USUAL_PREFILL_UTILISATION,
      bandwidth_gb_s: accelerator.bandwidthGbPerSecond,
      bandwidth_utilisation: options.bandwidthUtilisation,
    },
  );
  const positions = prompt_tokens + output_tokens;
  const cache = keyValueCacheBytes(model.shape, { positions, batch, elementBytes: cache_bytes });
  const needed = model.parameters * weight_bytes + cache;
  return {
    seconds: serving.seconds,
    gpu_hours: gpuHours({ gpus, seconds: serving.seconds.value }),
    mfu: null,
    serving,
    memory_share: needed / (gpus * usableMemoryBytes(accelerator)),
  };
}

function duration(
  work: Work,
  accelerator: Accelerator | undefined,
  gpu: EstimatedGpu | null,
  { gpus, flops, options }: { gpus: number; flops: Figure | null; options: Options },
): Duration {
  switch (work.basis) {
    case 'measured-speed':
      return durationAtSpeed(work, gpu, gpus, options);
    case 'gpu-hours':
      return durationOfGpuHours(work, gpu, options.gpus);
    default:
      // acceleratorsOf names one for every other work.
      if (accelerator === undefined || gpu === null) throw new Error('no accelerator');
      return work.basis === 'serving'
        ? durationOfServing(work.resolved, accelerator, gpu, gpus, options)
        : durationOfOperations(flops?.value ?? 0, gpu, gpus, options);
  }
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
  const chosen = parseOptions(optionsSchema, options);
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
