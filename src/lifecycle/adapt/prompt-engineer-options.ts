import { z } from 'zod';
import { MOST_BEAMS } from '../../core/generation/beam-search.js';
import { samplingSchema } from '../../core/generation/sampling-schema.js';
import { MOST_SHOTS } from '../../core/prompts/prompt-settings.js';
import { EXAMPLE_STRATEGIES } from '../../core/prompts/shots/choose-examples.js';
import { providerSettings } from '../../core/providers/provider-settings.js';

const text = z.string().min(1, 'must not be empty');
const isSet = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

/** Values to be tried, each once. */
const list = <T extends z.ZodType>(value: T) =>
  z.array(value).refine(isSet, 'names a value twice').default([]);

/** Options of `promptEngineer` beside the model. */
export const promptSweepSchema = z.object({
  /** Prompt templates: files, or names of those that ship with the toolkit. */
  prompts: z.array(text).min(1, 'is missing').refine(isSet, 'names a prompt twice'),
  /** File or folder of rows. */
  dataset: text,
  /** Part of a dataset folder that is measured on. */
  split: text.default('test'),
  /** Part that examples come from, or a file of them. */
  examplesFrom: text.default('train'),
  /** Numbers of examples to try. */
  shots: z
    .array(
      z
        .number()
        .int('must be whole numbers')
        .min(0, 'must be 0 or more')
        .max(MOST_SHOTS, `must be ${MOST_SHOTS} at most`),
    )
    .min(1, 'is missing')
    .refine(isSet, 'names a number twice')
    .default([0]),
  /** How examples are chosen. */
  examples: z.enum(EXAMPLE_STRATEGIES.map(({ id }) => id) as [string, ...string[]]).default('random'),
  metric: text.optional(),
  limit: z.number().int().positive().optional(),
  seed: z.number().int().min(0).default(0),
  temperature: list(samplingSchema.temperature.max(100)),
  topK: list(samplingSchema.topK),
  topP: list(samplingSchema.topP),
  minP: list(samplingSchema.minP),
  repetitionPenalty: list(samplingSchema.repetitionPenalty),
  maxNewTokens: list(z.number().int('must be whole numbers').positive('must be above 0')),
  /** Above 1: texts that are followed at once, of which the likeliest as a whole is taken. */
  beams: list(
    z
      .number()
      .int('must be whole numbers')
      .min(1, 'must be 1 or more')
      .max(MOST_BEAMS, `must be ${MOST_BEAMS} at most`),
  ),
  /** Texts that end an answer, instead of the prompts' own. */
  stop: z.array(text).optional(),
  /** Columns by the variables of the prompts that stand in them. */
  columns: z.record(z.string(), text).default({}),
  /** Labels instead of the prompts' own. */
  labels: z.array(text).min(2, 'must be two or more').refine(isSet, 'names a label twice').optional(),
  /** Have labels written instead of comparing their likelihoods. */
  generate: z.boolean().default(false),
  /** Score that is needed. */
  bar: z.number().optional(),
  /** Prompts of each kind and number of examples to show as they are sent. */
  show: z.number().int().min(0).max(1000).default(0),
  /** Show how likely each next token is after the prompts that are shown, and measure nothing. */
  explainSampling: z.boolean().default(false),
  /** Show prompts, and ask nothing. */
  dryRun: z.boolean().default(false),
  /** Folder for results and answers; default: one in `runs/prompts`, named by prompt, model and settings. */
  out: text.optional(),
  concurrency: z.number().int().positive().optional(),
  retries: z.number().int().min(0).optional(),
  timeoutSeconds: z.number().positive().optional(),
});

/** Options of what prompts are put to. */
export const promptModelSchema = z.object({ model: text, ...providerSettings });

export const promptEngineerSchema = promptSweepSchema.extend(promptModelSchema.shape);

/** What prompts are put to. */
export type PromptModelOptions = z.input<typeof promptModelSchema>;
/** Options of one sweep. */
export type PromptSweepOptions = z.input<typeof promptSweepSchema>;
/** The same, complete. */
export type PromptSweepSettings = z.output<typeof promptSweepSchema>;
/** Options of `promptEngineer`. */
export type PromptEngineerOptions = z.input<typeof promptEngineerSchema>;
