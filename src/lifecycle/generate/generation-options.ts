import { z } from 'zod';
import type { Engine } from '../../core/engine/engine.js';
import { MOST_BEAMS } from '../../core/generation/beam-search.js';
import type { GenerationPorts } from '../../core/generation/generate.js';
import { samplingSchema } from '../../core/generation/sampling-schema.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import type { TemplatePrompt } from './encode-prompts.js';
import type { FileSystem } from '../../platform/file-system.js';

/** What `generate` and `chat` have in common. */
export const generationOptionsSchema = z.object({
  /** A model folder, an adapter folder, or the folder of a training run. */
  model: z.string().min(1, 'must be the path of a folder'),
  /** A LoRA adapter to use with the model. */
  adapter: z.string().min(1, 'must be the path of a folder').optional(),
  /** The system message of the conversation. */
  system: z.string().optional(),
  maxNewTokens: z.int().positive().default(128),
  /** Without this and the next three, or with 0, the likeliest token is always taken. */
  temperature: samplingSchema.temperature.optional(),
  topK: samplingSchema.topK.optional(),
  topP: samplingSchema.topP.optional(),
  minP: samplingSchema.minP.optional(),
  repetitionPenalty: samplingSchema.repetitionPenalty.optional(),
  /** Without it sampling takes its seed from the clock, and tells it. */
  seed: z.int().nonnegative().optional(),
  /** Texts that end the answer. */
  stop: z
    .array(z.string())
    .refine((stops) => !stops.includes(''), 'must not be empty')
    .default([]),
});

function isTemplatePrompt(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'template' in value && 'row' in value;
}

/** What `generate` takes. */
export const generateOptionsSchema = generationOptionsSchema.extend({
  prompts: z
    .array(z.union([z.string(), z.custom<TemplatePrompt>(isTemplatePrompt)]))
    .min(1, 'give at least one prompt'),
  /** Whether each prompt is what a user says in the model's chat template, or a text to be continued. */
  chat: z.boolean().default(false),
  /** Above 1, looks for the likeliest text as a whole, following this many at once. */
  beams: z.int().min(1).max(MOST_BEAMS).default(1),
  /** Power of its length that a beam's log-probability is divided by. */
  lengthPenalty: z.number().optional(),
  /** Ends the search once as many beams have ended as there are. */
  earlyStopping: z.boolean().optional(),
});

/** What running a model needs from outside. */
export interface RunModelPorts extends GenerationPorts {
  readonly fileSystem: FileSystem;
  /** Called once model and prompts are known to be sound. */
  readonly createEngine: () => Promise<Engine>;
  /** Milliseconds since 1970. */
  now(): number;
  readonly onProgress?: ProgressListener | undefined;
}

/** Seeds are 32 bits of the clock. */
export function seedFrom(now: number): number {
  return Math.floor(now) % 2 ** 32;
}
