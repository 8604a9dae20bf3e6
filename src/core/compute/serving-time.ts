import { figure, type Figure, type FigureNotes } from '../estimates/figure.js';
import type { MemoryModel } from '../memory/memory-model.js';

/** Share of the peak that prompts reach. */
export const USUAL_PREFILL_UTILISATION = 0.5;
export const USUAL_PREFILL_UTILISATION_SOURCE =
  'our choice between the 0.7 that llm-analysis advises for inference where nothing is measured and the 0.4 of training runs';

/** Share of the memory’s bandwidth that generation reaches. */
export const USUAL_BANDWIDTH_UTILISATION = 0.6;
export const USUAL_BANDWIDTH_UTILISATION_SOURCE =
  'model bandwidth utilisation of about 60 % at batch 1 on H100-80GB: MosaicML 2023, LLM Inference Performance Engineering';

/** What serves: equal GPUs that share the weights and work on one batch. */
export interface ServingGpus {
  readonly gpus: number;
  /** Of one GPU, without sparsity. */
  readonly peak_tflops: number;
  readonly utilisation: number;
  /** Of one GPU. */
  readonly bandwidth_gb_s: number;
  readonly bandwidth_utilisation: number;
}

/** What is served. */
export interface ServingLoad {
  readonly prompt_tokens: number;
  readonly output_tokens: number;
  readonly requests: number;
  /** Requests that are worked on at once. */
  readonly batch: number;
  /** Of one weight; 0.5 for four bits. */
  readonly weight_bytes: number;
  /** Of one element of the key/value cache. */
  readonly cache_bytes: number;
}

/** Time of one pass: the longer of computing and of reading memory. */
export interface Pass {
  readonly flops: Figure;
  readonly read_bytes: Figure;
  readonly compute_seconds: Figure;
  readonly memory_seconds: Figure;
  readonly seconds: Figure;
  readonly bound_by: 'compute' | 'memory';
}

/** What serving takes. */
export interface ServingTime {
  /** One batch of prompts, until the first token of each. */
  readonly prefill: Pass;
  /** One further token for every sequence of the batch, at the mean length. */
  readonly decode: Pass;
  readonly seconds: Figure;
  /** Of all sequences together, from the first prompt to the last token. */
  readonly output_tokens_per_second: Figure;
}

const ROOFLINE =
  'the slower of arithmetic and memory: Williams et al. 2009, Roofline; Pope et al. 2022, arXiv 2211.05102';
const LEAVES_OUT: Pick<FigureNotes, 'leavesOut'> = {
  leavesOut: 'communication between GPUs, sampling, scheduling and the network',
};

/** Keys and values kept for a sequence: positions summed over the layers, a sliding window’s at most. */
function keptPositions({ shape }: MemoryModel, positions: number): number {
  return shape.slidingWindows.reduce<number>(
    (sum, window) => sum + Math.min(window ?? positions, positions),
    0,
  );
}

/** Pairs of tokens that attention over a prompt computes, summed over the layers: in a decoder the causal ones. */
function attendedPairs({ shape }: MemoryModel, tokens: number): number {
  if (shape.kind === 'encoder-decoder') return shape.encoderLayers * tokens ** 2;
  return shape.slidingWindows.reduce<number>((sum, window) => {
    const seen = Math.min(window ?? tokens, tokens);
    return sum + (seen * (seen + 1)) / 2 + (tokens - seen) * seen;
  }, 0);
}

/** Of an encoder–decoder, the encoder passes over the prompt and the decoder generates. */
function half({ shape }: MemoryModel): string {
  return shape.kind === 'encoder-decoder' ? ' / 2' : '';
}

/** Weights that a batch reads: with a mixture of experts those that at least one of its tokens is sent to. */
function weightsRead(model: MemoryModel, tokens: number): { text: string; inputs: Record<string, number> } {
  const { parameters, activeParameters, shape } = model;
  if (shape.experts === undefined || activeParameters === parameters) {
    return { text: `parameters${half(model)}`, inputs: { parameters } };
  }
  const { count: experts, perToken: experts_per_token } = shape.experts;
  const routed_parameters = (parameters - activeParameters) / (1 - experts_per_token / experts);
  return {
    text: '(parameters - routed_parameters * (1 - experts_per_token / experts)^tokens)',
    inputs: { parameters, routed_parameters, experts, experts_per_token, tokens },
  };
}

function pass(flops: Figure, read_bytes: Figure, hardware: ServingGpus): Pass {
  const { gpus, peak_tflops, utilisation, bandwidth_gb_s, bandwidth_utilisation } = hardware;
  const compute_seconds = figure(
    'flops / (gpus * peak_tflops * utilisation * 1e12)',
    { flops: flops.value, gpus, peak_tflops, utilisation },
    { source: 'operations over the rate that is reached', ...LEAVES_OUT },
  );
  const memory_seconds = figure(
    'read_bytes / (gpus * bandwidth_gb_s * bandwidth_utilisation * 1e9)',
    { read_bytes: read_bytes.value, gpus, bandwidth_gb_s, bandwidth_utilisation },
    { source: 'bytes over the bandwidth that is reached', ...LEAVES_OUT },
  );
  const seconds = figure(
    'max(compute_seconds, memory_seconds)',
    { compute_seconds: compute_seconds.value, memory_seconds: memory_seconds.value },
    { source: ROOFLINE },
  );
  const bound_by = compute_seconds.value > memory_seconds.value ? 'compute' : 'memory';
  return { flops, read_bytes, compute_seconds, memory_seconds, seconds, bound_by };
}

function attentionInputs({ shape }: MemoryModel): {
  heads: number;
  head_dimension: number;
  value_dimension: number;
} {
  return { heads: shape.heads, head_dimension: shape.headDimension, value_dimension: shape.valueDimension };
}

function prefill(model: MemoryModel, load: ServingLoad, hardware: ServingGpus): Pass {
  const { batch, prompt_tokens, weight_bytes } = load;
  const flops = figure(
    `batch * (2 * active_parameters${half(model)} * prompt_tokens + 2 * heads * (head_dimension + value_dimension) * attended_pairs)`,
    {
      batch,
      active_parameters: model.activeParameters,
      prompt_tokens,
      ...attentionInputs(model),
      attended_pairs: attendedPairs(model, prompt_tokens),
    },
    {
      source:
        '2N for each token (arXiv 2001.08361), and attention’s two products over the pairs a causal mask leaves',
    },
  );
  const { text, inputs } = weightsRead(model, batch * prompt_tokens);
  const read = figure(`weight_bytes * ${text}`, { weight_bytes, ...inputs }, { source: 'all weights, once' });
  return pass(flops, read, hardware);
}

function decode(model: MemoryModel, load: ServingLoad, hardware: ServingGpus): Pass {
  const { batch, prompt_tokens, output_tokens, weight_bytes, cache_bytes } = load;
  const kept_positions = keptPositions(model, prompt_tokens + output_tokens / 2);
  const flops = figure(
    `batch * (2 * active_parameters${half(model)} + 2 * heads * (head_dimension + value_dimension) * kept_positions)`,
    { batch, active_parameters: model.activeParameters, ...attentionInputs(model), kept_positions },
    {
      source: '2N for each token (arXiv 2001.08361), and attention over the mean length of prompt and answer',
    },
  );
  const { text, inputs } = weightsRead(model, batch);
  const read = figure(
    `weight_bytes * ${text} + batch * cache_bytes * cache_width * kept_positions`,
    { weight_bytes, ...inputs, batch, cache_bytes, cache_width: model.shape.cacheWidth, kept_positions },
    { source: 'all weights once and every sequence’s keys and values: Pope et al. 2022, arXiv 2211.05102' },
  );
  return pass(flops, read, hardware);
}

/** Time that a model takes to answer requests: prompts bound by arithmetic, generation by memory, as a roofline says. */
export function servingTime(model: MemoryModel, load: ServingLoad, hardware: ServingGpus): ServingTime {
  const { requests, batch, output_tokens } = load;
  const prompts = prefill(model, load, hardware);
  const step = decode(model, load, hardware);
  const seconds = figure(
    'ceil(requests / batch) * (prefill_seconds + (output_tokens - 1) * decode_seconds)',
    {
      requests,
      batch,
      output_tokens,
      prefill_seconds: prompts.seconds.value,
      decode_seconds: step.seconds.value,
    },
    { source: 'batches, one after the other; the prompt’s pass gives the first token', ...LEAVES_OUT },
  );
  return {
    prefill: prompts,
    decode: step,
    seconds,
    output_tokens_per_second: figure(
      'requests * output_tokens / seconds',
      { requests, output_tokens, seconds: seconds.value },
      { source: 'tokens over time' },
    ),
  };
}
