import { fileURLToPath } from 'node:url';
import { Flags, type Interfaces } from '@oclif/core';
import { CHECKS, type CheckName } from '../core/evaluation/checks.js';
import type { ProgressListener } from '../core/progress/progress-event.js';
import type { EvaluateOptions, EvaluatePorts } from '../lifecycle/evaluate/evaluate.js';
import { createEngine, ENGINE_FLAGS, type EngineChoice } from './engine-flags.js';
import { numberListFlag } from './list-flag.js';
import { datasetFetcher } from './hub-datasets.js';
import { numberFlag } from './number-flag.js';
import type { Ports } from './ports.js';
import { PROMPT_FOLDER } from './prompt-folder.js';

/** Where the tasks that ship with the toolkit lie in the package. */
export const TASK_FOLDER = fileURLToPath(new URL('../../templates/tasks', import.meta.url));

const ASKING = 'ASKING';
const SCORING = 'SCORING';
const PROVIDER = 'PROVIDER';

/** How many calls of a provider are made, and how patiently. */
const CALL_FLAGS = {
  concurrency: Flags.integer({ min: 1, helpGroup: PROVIDER, summary: 'Rows asked at once.' }),
  retries: Flags.integer({ min: 0, helpGroup: PROVIDER, summary: 'Attempts after the first [default: 5].' }),
  timeout: numberFlag({ helpGroup: PROVIDER, summary: 'Seconds after which an attempt is given up.' }),
};

/** What a judge is asked by. */
const JUDGE_FLAGS = {
  'judge-rubric': Flags.string({
    helpGroup: SCORING,
    summary: 'What counts to the judge: a text, or a file that holds it.',
  }),
  'judge-key-variable': Flags.string({
    helpGroup: SCORING,
    summary: 'Environment variable with the key of the judge’s service [default: as for the model].',
  }),
};

/** How a judge compares two evaluations. */
export const PAIRWISE_FLAGS = {
  judge: Flags.string({
    helpGroup: SCORING,
    summary:
      'A model that says which of the two answers to each row is better, asked in both orders; e.g. openai:MODEL@URL.',
  }),
  ...JUDGE_FLAGS,
  ...CALL_FLAGS,
  ...ENGINE_FLAGS,
};

/** What is measured, how a model is asked, and by whom it is run. */
export const EVALUATION_FLAGS = {
  task: Flags.string({ summary: 'Task file, or name of a task that ships with the toolkit.' }),
  prompt: Flags.string({
    exclusive: ['task'],
    dependsOn: ['dataset'],
    summary:
      'Prompt template whose question is measured: a file, such as the prompt.md of adapt prompt-engineer, or the name of one of the project or of the toolkit.',
  }),
  dataset: Flags.string({
    summary:
      'Rows: a file, a folder with one for each part, or hf:ORG/NAME[@REVISION][:CONFIGURATION] on the hub; instead of the task’s.',
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
  seed: Flags.integer({
    min: 0,
    summary: 'Of examples, sampling and intervals [default: the prompt’s, else 0].',
  }),
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
  'embedding-model': Flags.string({
    helpGroup: SCORING,
    summary:
      'Of --metric embedding-similarity: what makes the vectors, a folder or a provider [default: the model, if it is a folder].',
  }),
  judge: Flags.string({
    helpGroup: SCORING,
    summary:
      'Of --metric judge: a model that rates each answer from 1 to 5, e.g. openai:MODEL@URL. With --base and --tuned it also says which of the two is better.',
  }),
  ...JUDGE_FLAGS,
  samples: Flags.integer({
    min: 1,
    helpGroup: SCORING,
    summary: 'Of --metric pass-at-k: answers drawn for each row, each with a seed of its own.',
  }),
  k: numberListFlag({
    helpGroup: SCORING,
    summary: 'Of --metric pass-at-k: tries, such as 1,5 [default: 1].',
  }),
  check: Flags.option({ options: Object.keys(CHECKS) as CheckName[] })({
    helpGroup: SCORING,
    summary:
      'Of --metric pass-at-k: what makes a try right [default: exact-match]. Programs are never run: run them elsewhere and give recorded:FILE with "passed" and --check recorded.',
  }),
  'key-variable': Flags.string({
    helpGroup: PROVIDER,
    summary: 'Environment variable with the key of a service [default: OPENAI_API_KEY].',
  }),
  'context-length': Flags.integer({
    min: 1,
    helpGroup: PROVIDER,
    summary: 'Tokens that a service’s model takes.',
  }),
  ...CALL_FLAGS,
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

/** The values of {@link EVALUATION_FLAGS} under the names that lifecycle functions know. */
export function evaluationOptions(
  flags: Interfaces.InferredFlags<typeof EVALUATION_FLAGS>,
): Omit<EvaluateOptions, 'model'> {
  const { task, prompt, dataset, metric, split, limit, slices, seed, shots, chat, generate, stride, stop } =
    flags;
  const { temperature, concurrency, retries, judge, samples, k, check } = flags;
  return {
    ...{
      task,
      prompt,
      dataset,
      metrics: metric,
      split,
      limit,
      slices,
      seed,
      shots,
      chat,
      generate,
      stride,
      stop,
    },
    ...{ temperature, concurrency, retries, timeoutSeconds: flags.timeout },
    scoreEnd: flags['score-end'],
    ...{ judge, samples, k, check, embeddingModel: flags['embedding-model'] },
    judgeRubric: flags['judge-rubric'],
    judgeKeyVariable: flags['judge-key-variable'],
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
  ports: Ports,
  engine: EngineChoice,
  onProgress: ProgressListener,
  signal: AbortSignal,
): Promise<EvaluatePorts> {
  const { fileSystem: files, environment } = ports;
  const { systemClock } = await import('../platform/clock.js');
  const { readToolkitPackage } = await import('../platform/toolkit-package.js');
  return {
    ...{ files, environment, onProgress, signal, fetch, clock: systemClock },
    ...{ taskFolder: TASK_FOLDER, promptFolder: PROMPT_FOLDER },
    fetchDataset: datasetFetcher(ports, onProgress, signal),
    createEngine: () => createEngine(engine, environment),
    toolkitVersion: readToolkitPackage().version,
  };
}
