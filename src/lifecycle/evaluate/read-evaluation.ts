import { resolve } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import type { EvaluationSample } from '../../core/evaluation/evaluation-result.js';
import { readResults, readSamples, type SavedEvaluation } from '../../core/evaluation/result-files.js';

/** An evaluation with its rows, and the folder that it was read from. */
export interface ReadEvaluation extends SavedEvaluation {
  readonly samples: readonly EvaluationSample[];
  /** Absolute path. */
  readonly folder: string;
}

/**
 * Reads an evaluation from its folder.
 *
 * @throws ToolkitError `NOT_FOUND` where there is no finished one; `BAD_DATASET` for damaged files
 */
export async function readEvaluation(files: FileSystem, folder: string): Promise<ReadEvaluation> {
  const saved = await readResults(files, folder);
  const samples = await readSamples(files, folder, saved.result.task);
  return { ...saved, samples, folder: resolve(folder) };
}
