import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { EvaluationResult, EvaluationSample } from '../../core/evaluation/evaluation-result.js';
import { evaluationReport } from '../../core/evaluation/report/evaluation-report.js';
import { RESULTS_FILE, writeEvaluation } from '../../core/evaluation/result-files.js';
import { runEvaluation, taskHash, type EvaluationOptions } from '../../core/evaluation/run-evaluation.js';
import { taskMeasures, valueKeys } from '../../core/evaluation/task-measures.js';
import {
  checkThresholds,
  resolveThresholds,
  type CheckedThreshold,
} from '../../core/evaluation/thresholds.js';
import { fileNamePart } from '../../core/project/stage-record.js';
import { canonicalJson } from '../../core/providers/canonical-json.js';
import { CompletionCache } from '../../core/providers/completion-cache.js';
import { openProvider } from '../../core/providers/open-provider.js';
import type { ProviderPorts } from '../../core/providers/provider-ports.js';
import type { Provider } from '../../core/providers/provider.js';
import type { Clock } from '../../platform/clock.js';
import { parseOptions } from '../parse-options.js';
import { evaluateSchema, type EvaluateOptions, type EvaluateSettings } from './evaluation-options.js';
import { withMetricFlags } from './metric-flags.js';
import { openHelpers, type Helpers, type OpenProvider } from './open-helpers.js';
import { rubricText, type JudgePorts } from './open-judge.js';
import { readEvaluation, type ReadEvaluation } from './read-evaluation.js';
import { openTask, type OpenTask, type TaskPorts } from './open-task.js';

export type { EvaluateOptions } from './evaluation-options.js';

/** What evaluations need from outside. */
export interface EvaluatePorts extends ProviderPorts, TaskPorts, JudgePorts {
  readonly clock: Clock;
  readonly toolkitVersion: string;
  readonly signal?: AbortSignal | undefined;
}

/** An evaluation and where it lies. */
export interface EvaluateResult extends EvaluationResult {
  /** The folder of its files. */
  readonly out: string;
  /** Rows with fewer examples than were asked for, as the context had no room for all. */
  readonly rows_with_fewer_shots: number;
  /** The thresholds that were given, beside what was measured. */
  readonly thresholds: readonly CheckedThreshold[];
}

/** The same with its rows. */
export interface EvaluatedRows {
  readonly evaluation: EvaluateResult;
  readonly samples: readonly EvaluationSample[];
}

/** Folder that evaluations are in unless told otherwise. */
const EVALUATIONS_FOLDER = join('runs', 'evaluations');

/** Folder of answers in an evaluation's folder. */
export const CACHE_FOLDER = 'cache';

/** Name of the report in an evaluation's folder. */
const REPORT_FILE = 'report.html';

/**
 * Measures a model by a task, or by metrics over a dataset, and writes results, rows and report into a folder. What was
 * answered is kept there as it comes: the same evaluation that was stopped goes on where it was.
 *
 * @throws ToolkitError `USAGE` for wrong options, and where there is a finished result; what tasks, datasets and providers
 *   throw
 */
export async function evaluate(options: EvaluateOptions, ports: EvaluatePorts): Promise<EvaluatedRows> {
  const parsed = parseOptions(evaluateSchema, options);
  const settings = { ...parsed, judgeRubric: await rubricText(ports.files, parsed.judgeRubric) };
  const opened = await withMetricFlags(await openTask(settings, ports), settings);
  const { definition, where } = opened.task;
  // Before hours of measuring, not after.
  resolveThresholds(settings.thresholds, valueKeys(taskMeasures(definition, where)));
  const { adapter, keyVariable, contextLength } = settings;
  const providers: Provider[] = [];
  const open: OpenProvider = async (spec, providerOptions) => {
    const provider = await openProvider(spec, ports, providerOptions);
    providers.push(provider);
    return provider;
  };
  try {
    const provider = await open(settings.model, { adapter, keyVariable, contextLength });
    const helpers = await openHelpers(provider, opened.task, settings, open, ports);
    return await evaluateWith({ provider, ...helpers }, opened, settings, ports);
  } finally {
    for (const provider of providers) await provider.close();
  }
}

async function evaluateWith(
  { provider, embedder, judge }: Helpers & { readonly provider: Provider },
  opened: OpenTask,
  settings: EvaluateSettings,
  ports: EvaluatePorts,
): Promise<EvaluatedRows> {
  const { files, signal } = ports;
  const { task, promptFile, rows, dataset } = opened;
  const evaluation = {
    task,
    promptFile,
    rows,
    dataset: { path: dataset.path, sha256: dataset.sha256 },
    ...{ provider, embedder, judge },
  };
  const run: Omit<EvaluationOptions, 'requests'> = {
    ...{ shotPool: opened.shotPool, shots: opened.shots, asChat: opened.asChat },
    ...{ seed: opened.seed, slices: settings.slices, stride: settings.stride },
    toolkitVersion: ports.toolkitVersion,
  };
  const identity = createHash('sha256')
    .update(
      canonicalJson({
        task: taskHash(evaluation, run),
        model: await provider.fingerprint(signal),
        dataset: dataset.sha256,
        ...{ rows: rows.length, seed: opened.seed, slices: settings.slices },
        ...(embedder && { embedder: await embedder.fingerprint(signal) }),
        ...(judge && { judge: await judge.provider.fingerprint(signal), judgePrompt: judge.template.body }),
      }),
    )
    .digest('hex');
  const out = settings.out ?? join(EVALUATIONS_FOLDER, folderName(task.definition.task, settings, identity));
  const kept = settings.keep && !settings.force ? await finishedEvaluation(out, identity, ports) : undefined;
  const thresholdsOf = (result: EvaluationResult): CheckedThreshold[] =>
    checkThresholds(result, settings.thresholds);
  if (kept !== undefined) {
    const { result, samples } = kept;
    return {
      evaluation: { ...result, out, rows_with_fewer_shots: 0, thresholds: thresholdsOf(result) },
      samples,
    };
  }
  await refuseFinished(out, settings.force, ports);
  const { result, samples, rowsWithFewerShots } = await runEvaluation(evaluation, {
    ...run,
    onReady: () => removeEarlier(out, ports),
    requests: requestOptions(settings, new CompletionCache(files, join(out, CACHE_FOLDER)), ports),
  });
  const report = evaluationReport({ result, samples });
  for (const path of [join(out, REPORT_FILE), settings.report ?? []].flat())
    await files.writeAtomic(path, report);
  await writeEvaluation(files, out, { result, samples }, task.definition, identity);
  const thresholds = thresholdsOf(result);
  return { evaluation: { ...result, out, rows_with_fewer_shots: rowsWithFewerShots, thresholds }, samples };
}

/** Characters of the hash in the name of a folder. */
const HASH_CHARACTERS = 8;

function folderName(task: string, { model, adapter }: EvaluateSettings, identity: string): string {
  return `${fileNamePart(task)}-${fileNamePart(adapter ?? model)}-${identity.slice(0, HASH_CHARACTERS)}`;
}

/** What a folder holds, if that is this very evaluation, finished. */
async function finishedEvaluation(
  folder: string,
  identity: string,
  { files }: EvaluatePorts,
): Promise<ReadEvaluation | undefined> {
  if ((await files.stat(join(folder, RESULTS_FILE))) === undefined) return undefined;
  const found = await readEvaluation(files, folder);
  return found.identity === identity ? found : undefined;
}

/** @throws ToolkitError `USAGE` where the folder holds a finished evaluation that is not to be made again */
async function refuseFinished(out: string, force: boolean, { files }: EvaluatePorts): Promise<void> {
  if (force || (await files.stat(join(out, RESULTS_FILE))) === undefined) return;
  throw new ToolkitError(
    `${out}: holds a finished evaluation already`,
    'USAGE',
    '--force measures again; genai evaluate list shows what there is; --out names another folder.',
  );
}

/** Of a finished evaluation neither the result nor the answers are kept; what was stopped goes on. */
async function removeEarlier(out: string, { files }: EvaluatePorts): Promise<void> {
  if ((await files.stat(join(out, RESULTS_FILE))) === undefined) return;
  await files.remove(join(out, RESULTS_FILE));
  await files.remove(join(out, CACHE_FOLDER));
}

function requestOptions(
  settings: EvaluateSettings,
  cache: CompletionCache,
  { clock, onProgress, signal }: EvaluatePorts,
): EvaluationOptions['requests'] {
  const { concurrency, retries, timeoutSeconds, inputUsdPerMillion, outputUsdPerMillion } = settings;
  const hasPrices = inputUsdPerMillion !== undefined && outputUsdPerMillion !== undefined;
  return {
    ...{ clock, cache, onProgress, signal, concurrency, retries, timeoutSeconds },
    ...(hasPrices && { prices: { inputUsdPerMillion, outputUsdPerMillion } }),
  };
}
