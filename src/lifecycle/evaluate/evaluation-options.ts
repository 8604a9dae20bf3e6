import { z } from 'zod';
import { providerSettings } from '../../core/providers/provider-settings.js';

const text = z.string().min(1);

/** Options of one evaluation, of the model that it is of left out. */
const evaluationSettings = {
  /** Task file, or name of a task that ships with the toolkit. */
  task: text.optional(),
  /** File of a prompt template, instead of a task: what it asks of the rows is measured. */
  prompt: text.optional(),
  /** File or folder of rows, instead of the task's own; without a task also what the task is made of. */
  dataset: text.optional(),
  /** Without a task: what is measured. */
  metrics: z.array(text).default([]),
  split: text.optional(),
  limit: z.number().int().positive().optional(),
  shots: z.number().int().min(0).max(100).optional(),
  /** Default: the prompt's, else 0. */
  seed: z.number().int().min(0).optional(),
  slices: z.array(text).default([]),
  /** Put plain prompts as the user's turn of a conversation. */
  chat: z.boolean().default(false),
  /** Without a task: have labels written instead of comparing their likelihoods. */
  generate: z.boolean().default(false),
  /** Score the end of the text with each choice. */
  scoreEnd: z.boolean().default(false),
  stride: z.number().int().positive().optional(),
  maxNewTokens: z.number().int().positive().optional(),
  temperature: z.number().min(0).optional(),
  topK: z.number().int().positive().optional(),
  topP: z.number().positive().max(1).optional(),
  stop: z.array(text).optional(),
  /** Of embedding-similarity: what makes vectors; default: the model itself. */
  embeddingModel: text.optional(),
  /** Of the metric judge: who rates. */
  judge: text.optional(),
  /** What counts to the judge: a text, or a file that holds it. */
  judgeRubric: text.optional(),
  /** Environment variable with the judge's key; default: `keyVariable`. */
  judgeKeyVariable: text.optional(),
  /** Of pass-at-k: completions of each row. */
  samples: z.number().int().positive().optional(),
  k: z.array(z.number().int().positive()).optional(),
  check: text.optional(),
  concurrency: z.number().int().positive().optional(),
  retries: z.number().int().min(0).optional(),
  timeoutSeconds: z.number().positive().optional(),
  inputUsdPerMillion: z.number().min(0).optional(),
  outputUsdPerMillion: z.number().min(0).optional(),
};

export const evaluateSchema = z.object({
  /** Where answers come from: a model's folder, or a provider such as `openai:NAME@URL`. */
  model: text,
  ...providerSettings,
  ...evaluationSettings,
  /** Values that metrics must reach. */
  thresholds: z.array(z.object({ metric: text, value: z.number() })).default([]),
  /** Folder for results; default: in `runs/evaluations`, named by task, model and settings. */
  out: text.optional(),
  /** HTML file to write the report to, beside that in the folder. */
  report: text.optional(),
  /** What metrics take where neither flags nor the task name it; of no consequence to other metrics. */
  usual: z.object({ embeddingModel: text.optional(), judge: text.optional() }).default({}),
  /** Measure again where there is a finished result. */
  force: z.boolean().default(false),
  /** Take a finished result, where it is of the same rows, task and model, instead of refusing. */
  keep: z.boolean().default(false),
});

/** Options of `evaluate`. */
export type EvaluateOptions = z.input<typeof evaluateSchema>;

/** The same, complete. */
export type EvaluateSettings = z.output<typeof evaluateSchema>;
