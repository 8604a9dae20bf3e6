import { fileURLToPath } from 'node:url';
import { Flags } from '@oclif/core';
import type { ProgressListener } from '../core/progress/progress-event.js';
import type { EvaluateOptions, EvaluatePorts } from '../lifecycle/evaluate/evaluate.js';
import { createEngine, ENGINE_FLAGS, type EngineChoice } from './engine-flags.js';
import { numberFlag } from './number-flag.js';
import type { Ports } from './ports.js';

/** Where the tasks that ship with the toolkit lie in the package. */
export const TASK_FOLDER = fileURLToPath(new URL('../../templates/tasks', import.meta.url));

const ASKING = 'ASKING';
const PROVIDER = 'PROVIDER';

/** What is measured, how a model is asked, and by whom it is run. */
export const EVALUATION_FLAGS = {
  task: Flags.string({ summary: 'Task file, or name of a task that ships with the toolkit.' }),
  prompt: Flags.string({
    exclusive: ['task'],
    dependsOn: ['dataset'],
    summary: 'File of a prompt template, such as the best.md of adapt prompt-engineer: measure what it asks.',
  }),
  dataset: Flags.string({
    summary: 'Rows: a file, or a folder with one for each part; instead of the task’s.',
  }),
  metric: Flags.string({
    multiple: true,
    dependsOn: ['dataset'],
    summary:
      'Without --task: what to measure, e.g. accuracy, rouge-l or perplexity; several times for several.',
  }),
  split: Flags.string({ summary: 'Part of a dataset folder [default: the task’s, else test].' }),
  limit: Flags.integer({ min: 1, summary: 'Measure on the first rows only.' }),
  slices: Flags.string({ multiple: true, summary: 'Column whose values divide the rows into groups.' }),
  seed: Flags.integer({ min: 0, summary: 'Of examples, sampling and intervals [default: the prompt’s, else 0].' }),
  shots: Flags.integer({
    min: 0,
    helpGroup: ASKING,
    summary: 'Examples in each prompt [default: the task’s].',
  }),
  chat: Flags.boolean({
    helpGroup: ASKING,
    summary: 'Put plain prompts as the user’s turn of a conversation.',
  }),
  generate: Flags.boolean({
    helpGroup: ASKING,
    exclusive: ['task'],
    summary: 'Have labels written, where likelihoods cannot be had.',
  }),
  'score-end': Flags.boolean({
    helpGroup: ASKING,
    summary: 'Score the end of the text with each choice, as training does.',
  }),
  stride: Flags.integer({
    min: 1,
    helpGroup: ASKING,
    summary: 'Of perplexity: tokens from window to window [default: half the context].',
  }),
  'max-new-tokens': Flags.integer({ min: 1, helpGroup: ASKING, summary: 'Most tokens of an answer.' }),
  temperature: numberFlag({ helpGroup: ASKING, summary: 'Sample with this temperature.' }),
  'top-k': Flags.integer({ min: 1, helpGroup: ASKING, summary: 'Sample among this many likeliest tokens.' }),
  'top-p': numberFlag({ helpGroup: ASKING, summary: 'Sample among the likeliest with this probability.' }),
  stop: Flags.string({ multiple: true, helpGroup: ASKING, summary: 'End an answer at this text.' }),
  'key-variable': Flags.string({
    helpGroup: PROVIDER,
    summary: 'Environment variable with the key of a service [default: OPENAI_API_KEY].',
  }),
  'context-length': Flags.integer({
    min: 1,
    helpGroup: PROVIDER,
    summary: 'Tokens that a service’s model takes.',
  }),
  concurrency: Flags.integer({ min: 1, helpGroup: PROVIDER, summary: 'Rows asked at once.' }),
  retries: Flags.integer({ min: 0, helpGroup: PROVIDER, summary: 'Attempts after the first [default: 5].' }),
  timeout: numberFlag({ helpGroup: PROVIDER, summary: 'Seconds after which an attempt is given up.' }),
  'input-price': numberFlag({
    helpGroup: PROVIDER,
    dependsOn: ['output-price'],
    summary: 'US dollars for a million tokens of prompts.',
  }),
  'output-price': numberFlag({
    helpGroup: PROVIDER,
    dependsOn: ['input-price'],
    summary: 'US dollars for a million tokens of answers.',
  }),
  ...ENGINE_FLAGS,
};

/** The parsed {@link EVALUATION_FLAGS}, those of the engine left out. */
interface ParsedEvaluationFlags {
  readonly task?: string | undefined;
  readonly prompt?: string | undefined;
  readonly dataset?: string | undefined;
  readonly metric?: string[] | undefined;
  readonly split?: string | undefined;
  readonly limit?: number | undefined;
  readonly slices?: string[] | undefined;
  readonly seed?: number | undefined;
  readonly shots?: number | undefined;
  readonly chat: boolean;
  readonly generate: boolean;
  readonly 'score-end': boolean;
  readonly stride?: number | undefined;
  readonly 'max-new-tokens'?: number | undefined;
  readonly temperature?: number | undefined;
  readonly 'top-k'?: number | undefined;
  readonly 'top-p'?: number | undefined;
  readonly stop?: string[] | undefined;
  readonly 'key-variable'?: string | undefined;
  readonly 'context-length'?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly retries?: number | undefined;
  readonly timeout?: number | undefined;
  readonly 'input-price'?: number | undefined;
  readonly 'output-price'?: number | undefined;
}

/** The values of {@link EVALUATION_FLAGS} under the names that lifecycle functions know. */
export function evaluationOptions(flags: ParsedEvaluationFlags): Omit<EvaluateOptions, 'model'> {
  const { task, prompt, dataset, metric, split, limit, slices, seed, shots, chat, generate, stride, stop } = flags;
  const { temperature, concurrency, retries } = flags;
  return {
    ...{ task, prompt, dataset, metrics: metric, split, limit, slices, seed, shots, chat, generate, stride, stop },
    ...{ temperature, concurrency, retries, timeoutSeconds: flags.timeout },
    scoreEnd: flags['score-end'],
    maxNewTokens: flags['max-new-tokens'],
    topK: flags['top-k'],
    topP: flags['top-p'],
    keyVariable: flags['key-variable'],
    contextLength: flags['context-length'],
    inputUsdPerMillion: flags['input-price'],
    outputUsdPerMillion: flags['output-price'],
  };
}

/** What evaluations need, made of what the program has. */
export async function evaluatePorts(
  { fileSystem: files, environment }: Ports,
  engine: EngineChoice,
  onProgress: ProgressListener,
  signal: AbortSignal,
): Promise<EvaluatePorts> {
  const { systemClock } = await import('../platform/clock.js');
  const { readToolkitPackage } = await import('../platform/toolkit-package.js');
  return {
    ...{ files, environment, onProgress, signal, fetch, clock: systemClock, taskFolder: TASK_FOLDER },
    createEngine: () => createEngine(engine, environment),
    toolkitVersion: readToolkitPackage().version,
  };
}
