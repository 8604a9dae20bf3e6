import { basename } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { compareEvaluations, type EvaluationComparison } from '../../core/evaluation/compare-evaluations.js';
import { evaluationReport } from '../../core/evaluation/report/evaluation-report.js';
import { parseOptions } from '../parse-options.js';
import { readEvaluation } from './read-evaluation.js';

const optionsSchema = z.object({
  /** Folders of two evaluations. */
  a: z.string().min(1),
  b: z.string().min(1),
  /** What they are called; default: the folders' names. */
  nameA: z.string().min(1).optional(),
  nameB: z.string().min(1).optional(),
  worstRows: z.number().int().min(0).max(1000).default(5),
  seed: z.number().int().min(0).default(0),
  /** Compare also what was asked or scored in different ways. */
  force: z.boolean().default(false),
  /** HTML file with B beside A. */
  report: z.string().min(1).optional(),
});

/** Options of {@link compareResults}. */
export type CompareOptions = z.input<typeof optionsSchema>;

/**
 * Compares two evaluations on the rows that both have.
 *
 * @throws ToolkitError `NOT_FOUND`; `USAGE` for different tasks, unless forced, and for evaluations without common rows
 */
export async function compareResults(
  options: CompareOptions,
  { files }: { readonly files: FileSystem },
): Promise<EvaluationComparison> {
  const { a, b, nameA, nameB, force, worstRows, seed, report } = parseOptions(optionsSchema, options);
  const [first, second] = [await readEvaluation(files, a), await readEvaluation(files, b)];
  if (first.result.task_hash !== second.result.task_hash && !force) {
    const isSameName = first.result.task === second.result.task;
    throw new ToolkitError(
      isSameName
        ? `${a} and ${b} are of ${first.result.task}, but prompts, shots or scoring differ`
        : `${a} is of ${first.result.task}, ${b} of ${second.result.task}`,
      'USAGE',
      'Compare evaluations of the same task; --force compares the rows that both have nevertheless.',
    );
  }
  const comparison = compareEvaluations(
    { ...first, name: nameA ?? basename(first.folder) },
    { ...second, name: nameB ?? basename(second.folder) },
    { worstRows, seed },
  );
  if (report !== undefined) await files.writeAtomic(report, evaluationReport({ ...second, baseline: first }));
  return comparison;
}
