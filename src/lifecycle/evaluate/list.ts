import { join } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { readResults, RESULTS_FILE } from '../../core/evaluation/result-files.js';
import type { EvaluationResult } from '../../core/evaluation/evaluation-result.js';
import { readTaskDefinition } from '../../core/evaluation/task.js';
import { readSmallText } from '../../core/project/small-text.js';
import { parseOptions } from '../parse-options.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';

const optionsSchema = z.object({
  /** Folder that results are looked for in. */
  folder: z.string().min(1).default('runs'),
});

/** Options of {@link listEvaluations}. */
export type ListEvaluationsOptions = z.input<typeof optionsSchema>;

/** A task that ships with the toolkit. */
export interface ReadyTask {
  readonly task: string;
  readonly kind: string;
  readonly metrics: readonly string[];
  readonly shots: number;
  /** Id on the Hugging Face hub. */
  readonly dataset: string | null;
}

/** A finished evaluation. */
export interface ListedEvaluation extends Pick<
  EvaluationResult,
  'task' | 'kind' | 'model' | 'metrics' | 'finished_at'
> {
  readonly folder: string;
  readonly rows: number;
}

/** What has been measured and what can be. */
export interface EvaluationList {
  /** By task, then by model, then the latest first. */
  readonly results: readonly ListedEvaluation[];
  /** Folders whose results cannot be read, with the reason. */
  readonly unreadable: readonly { readonly folder: string; readonly why: string }[];
  readonly tasks: readonly ReadyTask[];
}

/** Folders within folders that are looked at. */
const DEEPEST = 4;

/**
 * Lists the evaluations below a folder, and the tasks that ship with the toolkit.
 *
 * @throws ToolkitError `NOT_FOUND` for a folder that was named and is not there
 */
export async function listEvaluations(
  options: ListEvaluationsOptions,
  { files, taskFolder }: { readonly files: FileSystem; readonly taskFolder: string },
): Promise<EvaluationList> {
  const { folder } = parseOptions(optionsSchema, options);
  const isThere = (await files.stat(folder))?.kind === 'directory';
  if (!isThere && options.folder !== undefined) {
    throw new ToolkitError(`${folder}: no such folder`, 'NOT_FOUND', 'Check the path.');
  }
  const results: ListedEvaluation[] = [];
  const unreadable: EvaluationList['unreadable'][number][] = [];
  for (const place of isThere ? await foldersWithResults(files, folder, DEEPEST) : []) {
    try {
      const { task, kind, model, metrics, finished_at, dataset } = (await readResults(files, place)).result;
      results.push({ ...{ task, kind, model, metrics, finished_at, folder: place }, rows: dataset.rows });
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      unreadable.push({ folder: place, why: error.message });
    }
  }
  results.sort(
    (a, b) => order(a.task, b.task) || order(a.model, b.model) || order(b.finished_at, a.finished_at),
  );
  return { results, unreadable, tasks: await readyTasks(files, taskFolder) };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function foldersWithResults(files: FileSystem, folder: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of await files.list(folder)) {
    const path = join(folder, name);
    if (name === RESULTS_FILE) found.push(folder);
    else if (depth > 0 && (await files.stat(path))?.kind === 'directory') {
      found.push(...(await foldersWithResults(files, path, depth - 1)));
    }
  }
  return found;
}

async function readyTasks(files: FileSystem, taskFolder: string): Promise<ReadyTask[]> {
  const names = (await files.list(taskFolder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(taskFolder, name);
      const definition = readTaskDefinition(await readSmallText(files, path), path);
      return {
        task: name.replace(/\.ya?ml$/, ''),
        kind: definition.kind,
        metrics: definition.metrics.map((metric) => (typeof metric === 'string' ? metric : metric.metric)),
        shots: definition.shots.count,
        dataset: definition.dataset.path ?? null,
      };
    }),
  );
}
