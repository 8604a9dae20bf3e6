import { z } from 'zod';
import {
  ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN,
  flopsOfPetaflopDays,
  gpuDays,
  inferenceTokenFlops,
  petaflopDays,
  totalTokenFlops,
  trainingFlops,
  trainingTokenFlops,
  TRAINING_FLOPS_PER_PARAMETER_TOKEN,
  USUAL_TRAINING_UTILISATION,
} from '../../core/compute/index.js';
import { figure, type Figure } from '../../core/estimates/figure.js';
import { RECOMPUTATIONS } from '../../core/memory/activations.js';
import { parseOptions } from '../parse-options.js';
import { chooseAccelerators, COMPUTE_DTYPES, estimatedGpu, type EstimatedGpu } from './estimated-gpus.js';
import type { ResolvedModel, ResolveModelPorts } from '../../core/selection/resolve-model.js';
import { resolveTrainedModel, sequenceLength } from './trained-model.js';

const positive = z.number().int().positive();

/** What is said of a training run, for {@link estimateCompute} and for the time it takes. */
export const trainingRunSchema = z.object({
  /** Of a bare number of parameters, how many one token passes. */
  activeParameters: positive.optional(),
  /** A bare number of parameters is that of an encoder–decoder. */
  encoderDecoder: z.boolean().default(false),
  /** Tokens of one training sequence; by default 4,096, or the model's own limit where that is less. */
  sequenceLength: positive.optional(),
  /** Counts only the half of attention that a causal mask leaves. */
  causal: z.boolean().default(false),
  recompute: z.enum(RECOMPUTATIONS).default('none'),
  method: z.enum(['full', 'lora']).default('full'),
  /** LoRA's inner dimension. */
  rank: positive.default(8),
  /** Share of the peak that is reached. */
  utilisation: z.number().positive().max(1).default(USUAL_TRAINING_UTILISATION),
  /** Names of accelerators; by default V100, A100, H100 and H200. */
  gpu: z.array(z.string().min(1)).min(1).optional(),
  /** Number format of the matrix products. */
  dtype: z.enum(COMPUTE_DTYPES).default('bf16'),
});

const optionsSchema = trainingRunSchema.extend({
  /** As {@link resolveTrainedModel} takes it. */
  model: z.string().min(1),
  tokens: positive,
});

/** Options of {@link estimateCompute}. */
export type EstimateComputeOptions = z.input<typeof optionsSchema>;

/** One purpose of the operations. */
export interface ComputePart {
  readonly part: string;
  /** Done again to save memory, so that it is no operation of the model. */
  readonly recomputed: boolean;
  readonly flops_per_token: Figure;
  readonly flops: number;
}

/** Operations of a training run. */
export interface TrainingCompute {
  readonly parts: readonly ComputePart[];
  /** What the model needs. */
  readonly model_flops_per_token: Figure;
  readonly model_flops: Figure;
  /** With what is computed again. */
  readonly hardware_flops_per_token: Figure;
  readonly hardware_flops: Figure;
  readonly petaflop_days: Figure;
}

/** What the operations are in days of one accelerator. */
export interface GpuCompute extends EstimatedGpu {
  /** At the utilisation given. */
  readonly gpu_days: Figure;
  readonly full_peak_gpu_days: Figure;
  /** GPUs that do one petaflop/s-day in a day. */
  readonly gpus_for_a_petaflop: Figure;
  readonly full_peak_gpus_for_a_petaflop: Figure;
}

/** The model of a compute estimate. */
export interface ComputedModel {
  readonly name: string;
  readonly source: ResolvedModel['source'];
  readonly kind: string;
  readonly parameters: number;
  readonly active_parameters: number;
}

/** An estimate of operations, with everything it rests on. */
export interface ComputeEstimate {
  readonly model: ComputedModel;
  readonly tokens: number;
  /** By the rule of thumb, 6ND. */
  readonly rule: { readonly flops: Figure; readonly petaflop_days: Figure };
  readonly training: TrainingCompute;
  /** One generated token at the end of a sequence. */
  readonly inference: { readonly flops_per_token: Figure };
  readonly gpus: readonly GpuCompute[];
  readonly assumptions: {
    readonly sequence_length: number;
    readonly causal: boolean;
    readonly recompute: string;
    readonly method: string;
    /** `null` unless the method is LoRA. */
    readonly rank: number | null;
    readonly utilisation: number;
    readonly dtype: string;
  };
}

/** What a model is, in an estimate's result. */
export function describeModel({ model, name, source }: ResolvedModel): ComputedModel {
  return {
    name,
    source,
    kind: model.shape.kind,
    parameters: model.parameters,
    active_parameters: model.activeParameters,
  };
}

/** Operations of training on so many tokens, part by part. */
export function trainingCompute(
  { model }: ResolvedModel,
  tokens: number,
  options: Parameters<typeof trainingTokenFlops>[1],
): TrainingCompute {
  const { model: needed, recomputed } = trainingTokenFlops(model, options);
  const perToken = totalTokenFlops(needed);
  const hardwarePerToken = totalTokenFlops([...needed, ...recomputed]);
  const total = (flops_per_token: number): Figure =>
    figure(
      'tokens * flops_per_token',
      { tokens, flops_per_token },
      { source: 'every token is counted once' },
    );
  const hardware_flops = total(hardwarePerToken.value);
  return {
    parts: [...needed, ...recomputed].map((part) => ({
      ...part,
      recomputed: recomputed.includes(part),
      flops: tokens * part.flops_per_token.value,
    })),
    model_flops_per_token: perToken,
    model_flops: total(perToken.value),
    hardware_flops_per_token: hardwarePerToken,
    hardware_flops,
    petaflop_days: petaflopDays(hardware_flops.value),
  };
}

function gpuCompute(gpu: EstimatedGpu, flops: number, utilisation: number): GpuCompute {
  const { peak_tflops } = gpu;
  const petaflop = flopsOfPetaflopDays(1).value;
  return {
    ...gpu,
    gpu_days: gpuDays({ flops, peak_tflops, utilisation }),
    full_peak_gpu_days: gpuDays({ flops, peak_tflops, utilisation: 1 }),
    gpus_for_a_petaflop: gpuDays({ flops: petaflop, peak_tflops, utilisation }),
    full_peak_gpus_for_a_petaflop: gpuDays({ flops: petaflop, peak_tflops, utilisation: 1 }),
  };
}

/**
 * Estimates the operations of a training run: by the rule 6ND, and part by part with attention.
 *
 * @throws ToolkitError `USAGE` for options that make no sense or an accelerator that is not known,
 *   `CONTEXT_OVERFLOW` for more tokens than the model has positions; and as `resolveModel`
 */
export async function estimateCompute(
  options: EstimateComputeOptions,
  ports: ResolveModelPorts,
): Promise<ComputeEstimate> {
  const chosen = parseOptions(optionsSchema, options);
  const { tokens, utilisation, dtype, causal, recompute, method, rank } = chosen;
  const accelerators = chooseAccelerators(chosen.gpu).map((accelerator) => estimatedGpu(accelerator, dtype));
  const resolved = await resolveTrainedModel(chosen.model, chosen, ports);
  const { model } = resolved;
  const sequence = sequenceLength(resolved, chosen.sequenceLength);
  const rule = trainingFlops({
    parameters: model.activeParameters,
    tokens,
    flops_per_parameter_token:
      model.shape.kind === 'encoder-decoder'
        ? ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN
        : TRAINING_FLOPS_PER_PARAMETER_TOKEN,
  });
  const training = trainingCompute(resolved, tokens, { sequence, causal, recompute, method, rank });
  return {
    model: describeModel(resolved),
    tokens,
    rule: { flops: rule, petaflop_days: petaflopDays(rule.value) },
    training,
    inference: { flops_per_token: totalTokenFlops(inferenceTokenFlops(model, sequence)) },
    gpus: accelerators.map((gpu) => gpuCompute(gpu, training.hardware_flops.value, utilisation)),
    assumptions: {
      sequence_length: sequence,
      causal,
      recompute,
      method,
      rank: method === 'lora' ? rank : null,
      utilisation,
      dtype,
    },
  };
}
