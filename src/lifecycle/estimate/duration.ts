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
  USUAL_PREFILL_UTILISATION,
  USUAL_TRAINING_UTILISATION,
  type ServingTime,
} from '../../core/compute/index.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { figure, type Figure } from '../../core/estimates/figure.js';
import { DTYPE_BYTES, parseDtype } from '../../core/memory/dtype.js';
import { keyValueCacheBytes } from '../../core/memory/key-value-cache.js';
import { didYouMean } from '../../core/near-matches.js';
import type { EstimatedGpu } from './estimated-gpus.js';
import type { ResolvedModel } from '../../core/selection/resolve-model.js';
import type { TimeOptions, Work } from './time-options.js';
import { sequenceLength } from './trained-model.js';

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
export interface Duration {
  /** Of all GPUs together; `null` where only GPU-hours are known. */
  readonly seconds: Figure | null;
  readonly gpu_hours: Figure;
  /** Model FLOPs utilisation that a measured speed or given GPU-hours amount to. */
  readonly mfu: Figure | null;
  readonly serving: ServingTime | null;
  /** Weights and cache when serving, over the memory of all GPUs: above 1 it does not fit. */
  readonly memory_share: number | null;
}

const NOT_SERVING = { mfu: null, serving: null, memory_share: null };

function durationOfOperations(
  flops: number,
  { peak_tflops }: EstimatedGpu,
  gpus: number,
  options: TimeOptions,
): Duration {
  const utilisation = options.utilisation ?? USUAL_TRAINING_UTILISATION;
  const seconds = secondsForFlops(flops, { gpus, peak_tflops, utilisation });
  return { ...NOT_SERVING, seconds, gpu_hours: gpuHours({ gpus, seconds: seconds.value }) };
}

function durationAtSpeed(
  { tokens, tokensPerSecond, resolved }: Extract<Work, { basis: 'measured-speed' }>,
  gpu: EstimatedGpu | null,
  gpus: number,
  options: TimeOptions,
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
  options: TimeOptions,
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
  options: TimeOptions,
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

/** How long the work takes on GPUs of one kind; `flops` are those of training, where they are known. */
export function duration(
  work: Work,
  accelerator: Accelerator | undefined,
  gpu: EstimatedGpu | null,
  { gpus, flops, options }: { gpus: number; flops: Figure | null; options: TimeOptions },
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
