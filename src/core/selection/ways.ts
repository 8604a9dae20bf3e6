import { usableMemoryBytes, type Accelerator } from '../accelerators/accelerator.js';
import { costUsd } from '../compute/cost.js';
import { scrapedTokens, USUAL_KEPT_SHARE } from '../compute/curation.js';
import { peakRate } from '../compute/peak-rate.js';
import { totalTokenFlops, trainingTokenFlops } from '../compute/token-flops.js';
import { gpuHours, secondsForFlops } from '../compute/training-time.js';
import { figure, type Figure } from '../estimates/figure.js';
import { loraParameters } from '../memory/lora-parameters.js';
import type { MemoryModel } from '../memory/memory-model.js';
import { trainingMemory } from '../memory/training-memory.js';
import { TRAINING_DEFAULTS, type Method } from '../memory/training-options.js';
import { EPOCH } from '../scaling-laws/laws.js';

/** Ways to come by a model for a task, from the cheapest to the dearest. */
export const WAYS = ['prompting', 'lora', 'full', 'continued', 'from-scratch'] as const;
export type WayId = (typeof WAYS)[number];

/** What is put into each of them. */
export interface WayData {
  /** Labelled examples to learn from. */
  readonly examples: number;
  /** Tokens of one example, prompt and answer together. */
  readonly tokensPerExample: number;
  /** Times that each example is seen. */
  readonly epochs: number;
  /** Tokens of unlabelled text of the domain, for continued pre-training. */
  readonly domainTokens: number;
}

/** What it is done on. */
export interface WayMachine {
  readonly accelerator: Accelerator;
  readonly gpus: number;
  /** US dollars for an hour of one GPU; `null` where nobody says. */
  readonly usdPerGpuHour: number | null;
  /** Share of the peak that is reached. */
  readonly utilisation: number;
}

/** What one way needs. */
export interface Way {
  readonly way: WayId;
  /** Tokens that pass the model in training; `null` where nothing is trained. */
  readonly tokens: Figure | null;
  /** Raw text to collect for these, where curation keeps much or little of it; only for training from scratch. */
  readonly raw_tokens: { readonly low: Figure; readonly high: Figure } | null;
  readonly trained_parameters: number;
  readonly flops: Figure | null;
  readonly gpu_hours: Figure | null;
  readonly days: Figure | null;
  readonly cost_usd: Figure | null;
  /** Memory of each GPU, states divided between all of them. */
  readonly bytes_per_gpu: number | null;
  readonly fits: boolean;
  /** The fewest GPUs, in powers of two, that hold it; `null` where none do. */
  readonly gpus_needed: number | null;
}

/** Adapters' inner dimension, as is usual. */
const RANK = 16;
/** Tokens of a sequence in pre-training. */
const PRETRAINING_SEQUENCE = 2048;
/** More GPUs than any run is known to have had. */
const MOST_GPUS = 2 ** 16;

function tokensOf(way: WayId, { parameters, activeParameters }: MemoryModel, data: WayData): Figure | null {
  switch (way) {
    case 'prompting':
      return null;
    case 'lora':
    case 'full': {
      const { examples, tokensPerExample: tokens_per_example, epochs } = data;
      return figure(
        'examples * tokens_per_example * epochs',
        { examples, tokens_per_example, epochs },
        { source: 'every example, as often as it is seen' },
      );
    }
    case 'continued':
      return figure(
        'domain_tokens',
        { domain_tokens: data.domainTokens },
        { source: 'Gururangan et al. 2020, arXiv 2004.10964: one pass over the text of the domain' },
      );
    case 'from-scratch':
      return EPOCH.tokensFor(Math.min(parameters, activeParameters));
  }
}

function methodOf(way: WayId): Method {
  return way === 'lora' ? 'lora' : 'full';
}

/** Bytes on each of so many GPUs. */
function bytesPerGpu(way: WayId, model: MemoryModel, sequence: number, gpus: number): number {
  return trainingMemory(model, {
    ...TRAINING_DEFAULTS,
    method: methodOf(way),
    rank: RANK,
    recompute: 'full',
    sequence,
    gpus,
    strategy: gpus > 1 ? 'fsdp' : 'ddp',
  }).total_bytes;
}

function gpusNeeded(capacity: number, bytesOn: (gpus: number) => number): number | null {
  for (let gpus = 1; gpus <= MOST_GPUS; gpus *= 2) if (bytesOn(gpus) <= capacity) return gpus;
  return null;
}

/** Model operations of training on so many tokens; what is computed again to save memory is in the utilisation. */
function operations(way: WayId, model: MemoryModel, sequence: number, tokens: number): Figure {
  const method = way === 'lora' ? 'lora' : 'full';
  const { model: parts } = trainingTokenFlops(model, {
    sequence,
    method,
    causal: false,
    recompute: 'none',
    rank: RANK,
  });
  return figure(
    'flops_per_token * tokens',
    { flops_per_token: totalTokenFlops(parts).value, tokens },
    { source: 'operations of each token, weights and attention, as genai estimate compute counts them' },
  );
}

/** What one way to a model needs in data, computation, time, money and memory. */
export function wayTo(way: WayId, model: MemoryModel, data: WayData, machine: WayMachine): Way {
  const { accelerator, gpus, usdPerGpuHour: usd_per_gpu_hour, utilisation } = machine;
  const tokens = tokensOf(way, model, data);
  if (tokens === null) {
    return {
      ...{ way, tokens, raw_tokens: null, trained_parameters: 0, flops: null, gpu_hours: null, days: null },
      ...{ cost_usd: null, bytes_per_gpu: null, fits: true, gpus_needed: 0 },
    };
  }
  const longest = Math.min(model.shape.contextLength, PRETRAINING_SEQUENCE);
  const isTuning = way === 'lora' || way === 'full';
  const sequence = isTuning ? Math.min(data.tokensPerExample, model.shape.contextLength) : longest;
  const flops = operations(way, model, sequence, tokens.value);
  const { tflops: peak_tflops } = peakRate(accelerator, 'bf16');
  const seconds = secondsForFlops(flops.value, { gpus, peak_tflops, utilisation });
  const gpu_hours = gpuHours({ gpus, seconds: seconds.value });
  const bytesOn = (count: number): number => bytesPerGpu(way, model, sequence, count);
  const capacity = usableMemoryBytes(accelerator);
  const bytes = bytesOn(gpus);
  const rawTokens = (kept_share: number): Figure => scrapedTokens({ tokens: tokens.value, kept_share });
  const { low, high } = USUAL_KEPT_SHARE;
  return {
    way,
    tokens,
    raw_tokens: way === 'from-scratch' ? { low: rawTokens(high), high: rawTokens(low) } : null,
    trained_parameters: way === 'lora' ? loraParameters(model.linearLayers, RANK) : model.parameters,
    flops,
    gpu_hours,
    days: figure('seconds / 86400', { seconds: seconds.value }, { source: 'seconds of a day' }),
    cost_usd: usd_per_gpu_hour === null ? null : costUsd({ gpu_hours: gpu_hours.value, usd_per_gpu_hour }),
    bytes_per_gpu: bytes,
    fits: bytes <= capacity,
    gpus_needed: gpusNeeded(capacity, bytesOn),
  };
}
