import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { PromptTemplate } from '../prompts/prompt-template.js';
import { assertBeamSearch } from '../providers/assert-beam-search.js';
import { canonicalJson } from '../providers/canonical-json.js';
import type { CompletionSettings, Prompt, Provider } from '../providers/provider.js';
import { textEmbedder, type RequestOptions } from '../providers/run-requests.js';
import { askModel, type Question, type Reply } from './ask-model.js';
import type { EvaluationResult, EvaluationSample, JudgeFacts } from './evaluation-result.js';
import { applyFilter } from './filters.js';
import type { Judge } from './judge.js';
import { metricOptions } from './metric-options.js';
import { pythonText } from './python-text.js';
import { rateAnswers } from './ratings.js';
import { CONFIDENCE, scoreSamples } from './score-samples.js';
import { shotChooser } from './shots.js';
import { measureSimilarities } from './similarities.js';
import type { RenderedRow, Task } from './task.js';
import { choiceScoresOf, filtersOf, taskMeasures, type AnsweredRow } from './task-measures.js';

/** What an evaluation is of. */
export interface EvaluationInput {
  readonly task: Task;
  /** The template of the task's `prompt.file`, if it names one. */
  readonly promptFile?: PromptTemplate | undefined;
  /** The rows that are measured on, in the dataset's order. */
  readonly rows: readonly Row[];
  readonly dataset: { readonly path: string; readonly sha256: string };
  readonly provider: Provider;
  /** What makes the vectors of embedding-similarity; default: the model that is measured. */
  readonly embedder?: Provider | undefined;
  /** Needed where a metric is the judge's rating. */
  readonly judge?: Judge | undefined;
}

/** How an evaluation is run. */
export interface EvaluationOptions {
  /** Rows that examples may be chosen from. */
  readonly shotPool: readonly Row[];
  /** Examples in each prompt. */
  readonly shots: number;
  /** Of the choice of examples, of sampling, and of the bootstrap. */
  readonly seed: number;
  /** Columns whose values divide the rows into slices. */
  readonly slices: readonly string[];
  /** Whether a plain prompt is put to the model as the user's turn of a conversation. */
  readonly asChat: boolean;
  /** Tokens from window to window, for texts longer than the context; default: half the context. */
  readonly stride?: number | undefined;
  readonly requests: RequestOptions & { readonly clock: Clock };
  /** Called once all rows are known to fit the task, before the model is asked. */
  readonly onReady?: (() => Promise<void>) | undefined;
  readonly toolkitVersion: string;
}

/** An evaluation, complete. */
export interface Evaluation {
  readonly result: EvaluationResult;
  readonly samples: readonly EvaluationSample[];
  /** Rows with fewer examples than were asked for, as the context had no room for all. */
  readonly rowsWithFewerShots: number;
}

/** A row as it is put to the model. */
interface PreparedRow {
  readonly row: Row;
  readonly rendered: RenderedRow;
  readonly prompt: Prompt;
  readonly lacksShots: boolean;
  readonly slices: Readonly<Record<string, string>>;
  readonly questions: readonly Question[];
}

function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * Puts every row of a task to a model and scores what it answers.
 *
 * Examples never ask the same as a row that is measured on. Rows are asked in the order of their length, and the results
 * are in the order of the dataset. With a cache in `requests`, what was answered before is not asked again.
 *
 * @throws ToolkitError `BAD_DATASET` where a row does not fit the task; `USAGE` for metrics that do not; what the provider
 *   throws
 */
export async function runEvaluation(input: EvaluationInput, options: EvaluationOptions): Promise<Evaluation> {
  const { task, rows, dataset, provider } = input;
  const { shots, seed, requests } = options;
  const { clock, signal } = requests;
  const began = clock.now();
  const { definition, where } = task;
  const measures = taskMeasures(definition, where);
  assertTries(input);
  if (rows.length === 0) {
    throw new ToolkitError(`${dataset.path}: has no rows to measure on`, 'BAD_DATASET');
  }
  if (definition.kind === 'generation') assertBeamSearch(provider, definition.generation.beams);
  const prepared = await prepareRows(input, options);
  await options.onReady?.();
  const replies = await askModel(
    provider,
    prepared.flatMap(({ questions }) => questions),
    requests,
  );
  signal?.throwIfAborted();
  let next = 0;
  const answers = prepared.map(({ questions }) => replies.slice(next, (next += questions.length)));
  const answered = prepared.map((one, index) => answeredRow(index, one, answers[index]!, input));
  const helped = await askHelpers(answered, input, requests);
  signal?.throwIfAborted();
  const { metrics, slices, samples } = scoreSamples(measures, helped.rows, seed);
  return {
    result: {
      task: definition.task,
      kind: definition.kind,
      model: provider.id,
      model_fingerprint: await provider.fingerprint(signal),
      dataset: { ...dataset, rows: rows.length },
      task_hash: taskHash(input, options),
      ...{ shots, seed, metrics, confidence: CONFIDENCE },
      ...(helped.embedder && {
        embedding_model: {
          model: helped.embedder.id,
          model_fingerprint: await helped.embedder.fingerprint(signal),
        },
      }),
      ...(helped.judge && { judge: helped.judge }),
      slices,
      usage: {
        prompt_tokens: total(samples.map(({ prompt_tokens }) => prompt_tokens)),
        completion_tokens: total(samples.map(({ completion_tokens }) => completion_tokens)),
        cost_usd: total(
          replies.map((reply) => (reply.ask === 'completion' ? reply.completion.costUsd : null)),
        ),
        seconds: (clock.now() - began) / 1000,
        cached_rows: answers.filter((own) => own.every(({ isFromCache }) => isFromCache)).length,
      },
      toolkit_version: options.toolkitVersion,
      finished_at: new Date(clock.now()).toISOString(),
    },
    samples,
    rowsWithFewerShots: prepared.filter(({ lacksShots }) => lacksShots).length,
  };
}

/** What was asked and how it was scored, wherever its rows lie; the rows have hashes of their own. */
export function taskHash(
  { task: { definition }, promptFile }: EvaluationInput,
  { shots, seed, asChat, stride }: Pick<EvaluationOptions, 'shots' | 'seed' | 'asChat' | 'stride'>,
): string {
  const { dataset, ...others } = definition;
  return sha256({
    ...others,
    fields: dataset.fields,
    shots: { ...others.shots, count: shots, ...(shots > 0 && { seed }) },
    promptFile: promptFile === undefined ? null : { settings: promptFile.settings, body: promptFile.body },
    ...{ asChat, stride },
  });
}

/** Several tries at a row are worth asking for only where they can differ. */
function assertTries({ task: { definition, where }, provider }: EvaluationInput): void {
  const options = metricOptions(definition, 'pass-at-k', where);
  if (options === undefined || options.samples === 1) return;
  // What was recorded was drawn elsewhere.
  if (definition.generation.temperature > 0 || !provider.isWorthCaching) return;
  throw new ToolkitError(
    `${where}: pass@k of ${options.samples} samples needs a temperature above 0: at 0 all samples are the same`,
    'USAGE',
    'Set --temperature, or generation.temperature in the task; 0.2 and 0.8 are usual (Chen et al. 2021).',
  );
}

/** Answers with what other models say of them, and who these were. */
interface HelpedRows {
  readonly rows: readonly AnsweredRow[];
  readonly embedder: Provider | undefined;
  readonly judge: JudgeFacts | undefined;
}

/** Has vectors made and ratings given, where a metric of the task takes them. */
async function askHelpers(
  answered: readonly AnsweredRow[],
  { task: { definition, where }, provider, embedder, judge }: EvaluationInput,
  requests: RequestOptions,
): Promise<HelpedRows> {
  const filters = filtersOf(definition);
  const asks = (id: 'embedding-similarity' | 'judge'): boolean =>
    metricOptions(definition, id, where) !== undefined;
  const embeds = asks('embedding-similarity') ? (embedder ?? provider) : undefined;
  const placed =
    embeds === undefined ? answered : await measureSimilarities(answered, filters, embeds, requests);
  if (!asks('judge')) return { rows: placed, embedder: embeds, judge: undefined };
  if (judge === undefined) throw new ToolkitError(`${where}: there is no judge`, 'UNEXPECTED');
  const { rows, facts } = await rateAnswers(placed, filters, judge, requests);
  return { rows, embedder: embeds, judge: facts };
}

async function prepareRows(
  { task, rows, provider }: EvaluationInput,
  options: EvaluationOptions,
): Promise<PreparedRow[]> {
  const { shots, seed, shotPool, requests } = options;
  const choose = shotChooser(task, {
    ...{ pool: shotPool, measured: rows, count: shots, seed },
    embed: provider.embed && textEmbedder(provider, requests),
  });
  const prepared: PreparedRow[] = [];
  for (const [index, row] of rows.entries()) {
    requests.signal?.throwIfAborted();
    const examples = await choose(row);
    const fitting = fittingShots(task, row, examples, provider, options);
    const rendered = task.render(row, examples.slice(0, fitting));
    const prompt = asPrompt(rendered.prompt, options.asChat);
    prepared.push({
      ...{ row, rendered, prompt, lacksShots: fitting < examples.length },
      slices: slicesOf(index, task.withFields(row), options.slices),
      questions: questionsOf(String(index), rendered, prompt, task, options),
    });
  }
  return prepared;
}

function asPrompt(prompt: Prompt, asChat: boolean): Prompt {
  if (prompt.kind === 'chat' || !asChat) return prompt;
  return { kind: 'chat', messages: [{ role: 'user', content: prompt.text }] };
}

/**
 * How many of a row's examples, from the first on, leave room for the answer in the context; all where the context is
 * not known. A row that does not even fit alone is left to the provider, which names it.
 */
function fittingShots(
  task: Task,
  row: Row,
  examples: readonly Row[],
  provider: Provider,
  { asChat }: EvaluationOptions,
): number {
  const { contextLength } = provider;
  if (contextLength === null || provider.countTokens === undefined) return examples.length;
  const fits = (count: number): boolean => {
    const { prompt, choices } = task.render(row, examples.slice(0, count));
    const tokens = provider.countTokens!(asPrompt(prompt, asChat));
    const answer = choices?.map(({ continuation }) =>
      provider.countTokens!({ kind: 'text', text: continuation }),
    );
    return (
      tokens + (answer === undefined ? task.definition.generation.max_new_tokens : Math.max(...answer)) <=
      contextLength
    );
  };
  let count = examples.length;
  while (count > 0 && !fits(count)) count--;
  return count;
}

function questionsOf(
  id: string,
  { targets, choices }: RenderedRow,
  prompt: Prompt,
  { definition, where }: Task,
  { asChat, stride, seed }: EvaluationOptions,
): Question[] {
  if (definition.kind === 'perplexity') return [{ ask: 'likelihood', id, text: targets[0]!, stride }];
  if (choices === undefined) {
    const tries = metricOptions(definition, 'pass-at-k', where)?.samples ?? 1;
    return Array.from({ length: tries }, (_, attempt) => ({
      ...{ ask: 'completion', id, prompt, attempt },
      settings: settingsOf(definition.generation, seedOf(seed, id, attempt)),
    }));
  }
  const withEnd = definition.end_of_text;
  const contexts = choices.flatMap(({ context }) => context ?? []);
  if (contexts.length === 0) {
    const continuations = choices.map(({ continuation }) => continuation);
    return [{ ask: 'choice', id, prompt, continuations, withEnd }];
  }
  if (contexts.length < choices.length)
    throw new ToolkitError(`${where}: some choices have contexts`, 'UNEXPECTED');
  return choices.map(({ context, continuation }, place) => ({
    ask: 'choice',
    id: `${id}-${place}`,
    prompt: asPrompt({ kind: 'text', text: context! }, asChat),
    continuations: [continuation],
    withEnd,
  }));
}

/** Seeds below this are taken by all services. */
const SEEDS = 2 ** 31;

/**
 * Every try at every row draws by itself: with one seed for all, chance would fall alike in all rows, and more of them
 * would make a score no surer.
 */
function seedOf(seed: number, id: string, attempt: number): number {
  return parseInt(sha256({ seed, id, attempt }).slice(0, 8), 16) % SEEDS;
}

function settingsOf(generation: Task['definition']['generation'], seed: number): CompletionSettings {
  const { max_new_tokens: maxNewTokens, temperature, stop, beams } = generation;
  const { top_p: topP, top_k: topK, min_p: minP, repetition_penalty: repetitionPenalty } = generation;
  return {
    ...{ maxNewTokens, stop, temperature, repetitionPenalty, beams },
    // A share of probability or a number of tokens means nothing to greedy decoding.
    ...(temperature > 0 && { topP, topK, minP, seed }),
  };
}

function answeredRow(
  index: number,
  { row, rendered, prompt, slices }: PreparedRow,
  replies: readonly Reply[],
  { task, provider }: EvaluationInput,
): AnsweredRow {
  const shared = {
    index,
    row_hash: sha256(row),
    prompt: prompt.kind === 'text' ? prompt.text : JSON.stringify(prompt.messages),
    slices,
  };
  const [reply] = replies;
  if (reply?.ask === 'completion') {
    const completions = replies.flatMap((one) => (one.ask === 'completion' ? one.completion : []));
    const { text } = reply.completion;
    const [filter] = filtersOf(task.definition);
    const passed = completions.map((completion) => completion.passed ?? null);
    return {
      ...shared,
      targets: rendered.targets,
      prediction: applyFilter(filter, text),
      completion: text,
      ...(completions.length > 1 && { completions: completions.map((one) => one.text) }),
      ...(passed.some((one) => one !== null) && { passed }),
      choices: null,
      prompt_tokens: total(completions.map(({ promptTokens }) => promptTokens)),
      completion_tokens: total(completions.map(({ completionTokens }) => completionTokens)),
    };
  }
  if (reply?.ask === 'likelihood') {
    const { logLikelihood, tokens } = reply.likelihood;
    const [text] = rendered.targets;
    return {
      ...{ ...shared, targets: [], prediction: '', completion: null },
      choices: [{ text: text!, log_likelihood: logLikelihood }],
      ...{ prompt_tokens: null, completion_tokens: tokens },
    };
  }
  const scores = replies.flatMap((one) => (one.ask === 'choice' ? one.scores : []));
  const answered: AnsweredRow = {
    ...shared,
    targets: rendered.targetIndices!.map((target) => rendered.choices![target]!.text),
    target_indices: rendered.targetIndices!,
    ...{ prediction: '', completion: null },
    choices: rendered.choices!.map(({ text }, place) => ({
      text,
      log_likelihood: scores[place]!.logLikelihood,
    })),
    prompt_tokens: provider.countTokens?.(prompt) ?? null,
    completion_tokens: total(scores.map(({ tokens }) => tokens)),
  };
  return { ...answered, prediction: answered.choices![choiceScoresOf(answered).predicted]!.text };
}

function slicesOf(index: number, row: Row, fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => {
      if (Object.hasOwn(row, field)) return [field, pythonText(row[field])];
      throw new ToolkitError(
        `row ${index + 1} has no column ${JSON.stringify(field)} to slice by`,
        'BAD_DATASET',
        `Its columns: ${Object.keys(row).slice(0, 20).join(', ')}.`,
      );
    }),
  );
}

/** A sum, or `null` where a part of it is not known. */
function total(parts: readonly (number | null)[]): number | null {
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}
