import { z } from 'zod';
import type { Accelerator } from '../../core/accelerators/accelerator.js';
import { USUAL_BANDWIDTH_UTILISATION, USUAL_PUE } from '../../core/compute/index.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { trainingRunSchema } from './compute.js';
import { chooseAccelerators } from './estimated-gpus.js';
import type { ResolvedModel } from '../../core/selection/resolve-model.js';

const positive = z.number().int().positive();
const share = z.number().positive().max(1);

/** Options of `estimateTime`, as they are checked. */
export const timeOptionsSchema = trainingRunSchema.extend({
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

/** Options of `estimateTime`. */
export type EstimateTimeOptions = z.input<typeof timeOptionsSchema>;
/** Options with their defaults. */
export type TimeOptions = z.output<typeof timeOptionsSchema>;

/** What was estimated: from operations, from a measured speed, from given hours, or of answering requests. */
export type TimeBasis = 'operations' | 'measured-speed' | 'gpu-hours' | 'serving';

/** What is known of the work, by what its time follows from. */
export type Work =
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
export function assertOneBasis({ serve, tokensPerSecond, gpuHours: hours }: TimeOptions): void {
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
export function workOf(options: TimeOptions, resolved: ResolvedModel | undefined): Work {
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
export function acceleratorsOf(
  { basis }: Work,
  names: readonly string[] | undefined,
): (Accelerator | undefined)[] {
  if (basis === 'operations' || basis === 'serving') return chooseAccelerators(names);
  if (names === undefined) return [undefined];
  if (names.length === 1) return chooseAccelerators(names);
  throw new ToolkitError(
    `--gpu: what was measured was measured on one kind of GPU, but ${names.length} are named`,
    'USAGE',
    'Name the one.',
  );
}
