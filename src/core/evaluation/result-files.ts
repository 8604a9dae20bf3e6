import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { fileChunks } from '../dataset-formats/file-chunks.js';
import { jsonLines } from '../dataset-formats/files/jsonl.js';
import { readLines } from '../dataset-formats/files/lines.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { readSmallText } from '../project/small-text.js';
import type { EvaluationResult, EvaluationSample } from './evaluation-result.js';
import { filtersOf, taskMeasures, type TaskMeasure } from './task-measures.js';
import { taskSchema, type TaskDefinition, type TaskKind } from './task-schema.js';

/** The file that stands in a folder once its evaluation is complete. */
export const RESULTS_FILE = 'results.json';

/** The file of a task's rows. */
function samplesFile(task: string): string {
  return `samples_${task.replace(/[^\w.-]/g, '_')}.jsonl`;
}

/** An evaluation as it lies in its folder. */
export interface SavedEvaluation {
  readonly result: EvaluationResult;
  readonly definition: TaskDefinition;
  /** Equal where model, task, rows and settings are. */
  readonly identity: string;
}

/** What stands for a standard error that is not known, as in lm-evaluation-harness. */
const NOT_KNOWN = 'N/A';

/** The names of a value in lm-evaluation-harness: metric and filter. */
interface HarnessName {
  readonly metric: string;
  readonly filter: string;
}

function harnessNames(measures: readonly TaskMeasure[], keys: readonly string[]): Map<string, HarnessName> {
  const names = new Map<string, HarnessName>();
  for (const { metric, filter, key } of measures) {
    const values = Object.keys(metric.examples[0]?.values ?? { [metric.id]: 0 });
    for (const value of values) names.set(key(value), { metric: value, filter });
  }
  // A metric may have values that its example lacks.
  for (const name of keys)
    if (!names.has(name)) names.set(name, { metric: name.split('/').slice(1).join('/'), filter: 'none' });
  return names;
}

/**
 * The standard error of a metric that is a mean over rows, as lm-evaluation-harness computes it: the spread of the rows
 * (with n - 1) by the square root of their number.
 */
function standardError(value: number, scores: readonly number[]): number | typeof NOT_KNOWN {
  const count = scores.length;
  const mean = scores.reduce((sum, score) => sum + score, 0) / count;
  if (count < 2 || !(Math.abs(mean - value) < 1e-9)) return NOT_KNOWN;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return Math.sqrt(squares / (count - 1) / count);
}

/**
 * The results in the layout of lm-evaluation-harness's results files, for tools that read those; what they have no place
 * for stands under `genai`.
 */
function harnessResults(
  result: EvaluationResult,
  samples: readonly EvaluationSample[],
  definition: TaskDefinition,
  identity: string,
): Record<string, unknown> {
  const { task, metrics, shots, seed } = result;
  const measures = taskMeasures(definition, task);
  const keys = metrics.map(({ metric }) => metric);
  const names = harnessNames(measures, keys);
  const values = metrics.flatMap(({ metric: key, value }) => {
    const { metric, filter } = names.get(key)!;
    const scores = samples.flatMap((sample) => sample.scores[key] ?? []);
    const error = scores.length === samples.length ? standardError(value, scores) : NOT_KNOWN;
    return [
      [`${metric},${filter}`, value],
      [`${metric}_stderr,${filter}`, error],
    ] as const;
  });
  return {
    results: { [task]: { alias: task, ...Object.fromEntries(values) } },
    group_subtasks: { [task]: [] },
    configs: { [task]: harnessConfig(definition, shots) },
    versions: { [task]: 'Yaml' },
    'n-shot': { [task]: shots },
    higher_is_better: {
      [task]: Object.fromEntries(metrics.map((one) => [names.get(one.metric)!.metric, one.higher_is_better])),
    },
    'n-samples': { [task]: { original: result.dataset.rows, effective: samples.length } },
    config: { model: result.model, model_args: null, fewshot_seed: seed, random_seed: seed },
    task_hashes: { [task]: result.task_hash },
    model_name: result.model,
    date: Date.parse(result.finished_at) / 1000,
    total_evaluation_time_seconds: String(result.usage.seconds),
    genai: { result, task: definition, identity },
  };
}

/** A task under the names that lm-evaluation-harness has for its fields. */
function harnessConfig(definition: TaskDefinition, shots: number): Record<string, unknown> {
  const { task, kind, dataset, prompt, target, choices, labels } = definition;
  const asked: Readonly<Partial<Record<TaskKind, string>>> = {
    generation: 'generate_until',
    perplexity: 'loglikelihood_rolling',
  };
  return {
    task,
    dataset_path: dataset.path ?? null,
    output_type: asked[kind] ?? 'multiple_choice',
    doc_to_text: prompt.template ?? '',
    doc_to_target: target ?? null,
    ...((choices ?? labels) !== undefined && { doc_to_choice: choices ?? labels }),
    description: prompt.instruction,
    target_delimiter: prompt.target_separator,
    fewshot_delimiter: prompt.example_separator,
    num_fewshot: shots,
    filter_list: filtersOf(definition).map(({ name }) => name),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A row as a line of JSON: its own fields, and those by which tools for lm-evaluation-harness know it. */
function sampleLine(sample: EvaluationSample): string {
  const target = sample.targets[0] ?? '';
  const harness = {
    doc_id: sample.index,
    target,
    filtered_resps: [sample.prediction],
    doc_hash: sample.row_hash,
    prompt_hash: sha256(sample.prompt),
    target_hash: sha256(target),
  };
  return `${JSON.stringify({ ...sample, ...harness })}\n`;
}

/**
 * Writes an evaluation into a folder; the results last, so that they stand only where all is complete.
 *
 * @returns paths of what was written
 */
export async function writeEvaluation(
  files: FileSystem,
  folder: string,
  { result, samples }: { readonly result: EvaluationResult; readonly samples: readonly EvaluationSample[] },
  definition: TaskDefinition,
  identity: string,
): Promise<string[]> {
  const samplesPath = join(folder, samplesFile(result.task));
  const resultsPath = join(folder, RESULTS_FILE);
  async function* lines(): AsyncGenerator<Uint8Array> {
    for (const sample of samples) yield Buffer.from(sampleLine(sample));
  }
  await files.writeAtomic(samplesPath, lines());
  const results = harnessResults(result, samples, definition, identity);
  await files.writeAtomic(resultsPath, `${JSON.stringify(results, null, 2)}\n`);
  return [resultsPath, samplesPath];
}

const text = z.string();
const number = z.number();
const count = z.int().nonnegative();
const maybeCount = count.nullable();
/** JSON has no infinity and writes what is no number as null. */
const measured = number.nullable().transform((value) => value ?? NaN);

const metricValue = z.object({
  metric: text,
  value: measured,
  low: number.nullable(),
  high: number.nullable(),
  higher_is_better: z.boolean(),
});

const scoringModel = { model: text, model_fingerprint: text };

const resultSchema: z.ZodType<EvaluationResult> = z.object({
  task: text,
  kind: z.enum(['generation', 'multiple_choice', 'classification', 'perplexity']),
  model: text,
  model_fingerprint: text,
  dataset: z.object({ path: text, sha256: text, rows: count }),
  task_hash: text,
  shots: count,
  seed: count,
  metrics: z.array(metricValue),
  confidence: number,
  embedding_model: z.object(scoringModel).optional(),
  judge: z
    .object({
      ...scoringModel,
      ...{ unreadable: count, prompt_tokens: maybeCount, completion_tokens: maybeCount },
      cost_usd: number.nullable(),
    })
    .optional(),
  slices: z.array(z.object({ field: text, value: text, rows: count, metrics: z.array(metricValue) })),
  usage: z.object({
    prompt_tokens: maybeCount,
    completion_tokens: maybeCount,
    cost_usd: number.nullable(),
    seconds: number,
    cached_rows: count,
  }),
  toolkit_version: text,
  finished_at: text,
});

const sampleSchema: z.ZodType<EvaluationSample> = z.object({
  index: count,
  row_hash: text,
  prompt: text,
  targets: z.array(text),
  target_indices: z.array(count).optional(),
  prediction: text,
  completion: text.nullable(),
  completions: z.array(text).optional(),
  passed: z.array(z.boolean().nullable()).optional(),
  similarities: z.record(text, number).optional(),
  ratings: z.record(text, z.object({ rating: number.nullable(), reason: text })).optional(),
  choices: z
    .array(z.object({ text, log_likelihood: number.nullable().transform((value) => value ?? -Infinity) }))
    .nullable(),
  scores: z.record(text, measured),
  slices: z.record(text, text),
  prompt_tokens: maybeCount,
  completion_tokens: maybeCount,
});

const resultsSchema = z.object({
  genai: z.object({ result: resultSchema, task: taskSchema, identity: text }),
});

/**
 * Reads the results of a folder, without its rows.
 *
 * @throws ToolkitError `NOT_FOUND` where there is no finished evaluation; `BAD_DATASET` for a file of another form
 */
export async function readResults(files: FileSystem, folder: string): Promise<SavedEvaluation> {
  const path = join(folder, RESULTS_FILE);
  if ((await files.stat(path)) === undefined) {
    throw new ToolkitError(
      `${folder}: holds no finished evaluation (${RESULTS_FILE})`,
      'NOT_FOUND',
      'genai evaluate list shows those that are there.',
    );
  }
  const source = await readSmallText(files, path);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw damaged(path, 'is no JSON', error);
  }
  const parsed = resultsSchema.safeParse(value);
  if (parsed.success) {
    const { result, task: definition, identity } = parsed.data.genai;
    return { result, definition, identity };
  }
  const [issue] = parsed.error.issues;
  throw damaged(path, `${issue!.path.join('.')}: ${issue!.message}`);
}

/**
 * Reads the rows of a folder's evaluation.
 *
 * @throws ToolkitError `NOT_FOUND`; `BAD_DATASET` at the first line that is no such row
 */
export async function readSamples(
  files: FileSystem,
  folder: string,
  task: string,
): Promise<EvaluationSample[]> {
  const path = join(folder, samplesFile(task));
  const samples: EvaluationSample[] = [];
  for await (const entry of jsonLines(readLines(fileChunks(files, path), path), path)) {
    if ('problem' in entry) throw damaged(`${path}:${entry.line}`, entry.problem);
    const parsed = sampleSchema.safeParse(entry.row);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw damaged(`${path}:${entry.line}`, `${issue!.path.join('.')}: ${issue!.message}`);
    }
    samples.push(parsed.data);
  }
  return samples;
}

function damaged(where: string, what: string, cause?: unknown): ToolkitError {
  return new ToolkitError(
    `${where}: ${what}`,
    'BAD_DATASET',
    'It is not as genai evaluate wrote it; evaluate again with --force.',
    cause,
  );
}
