import { basename, join } from 'node:path';
import { z } from 'zod';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { compareEvaluations, type EvaluationComparison } from '../../core/evaluation/compare-evaluations.js';
import { judgePairs, type PairwiseJudgement } from '../../core/evaluation/judge-pairs.js';
import { samplePairs } from '../../core/evaluation/pair-samples.js';
import { evaluationReport } from '../../core/evaluation/report/evaluation-report.js';
import { CompletionCache } from '../../core/providers/completion-cache.js';
import { openProvider } from '../../core/providers/open-provider.js';
import { parseOptions } from '../parse-options.js';
import { CACHE_FOLDER, type EvaluatePorts } from './evaluate.js';
import { keyOptions } from './open-helpers.js';
import { openJudge, rubricText } from './open-judge.js';
import { readEvaluation, type ReadEvaluation } from './read-evaluation.js';

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
  /** A model that is asked, row by row, which of the two answers is better. */
  judge: z.string().min(1).optional(),
  /** What counts to the judge: a text, or a file that holds it. */
  judgeRubric: z.string().min(1).optional(),
  /** Environment variable with the judge's key. */
  judgeKeyVariable: z.string().min(1).optional(),
  concurrency: z.number().int().positive().optional(),
  retries: z.number().int().min(0).optional(),
  timeoutSeconds: z.number().positive().optional(),
});

/** Options of {@link compareResults}. */
export type CompareOptions = z.input<typeof optionsSchema>;

/** Two evaluations, and what a judge thinks of them where one was asked. */
export interface CompareResult extends EvaluationComparison {
  readonly judgement?: PairwiseJudgement | undefined;
}

/**
 * Compares two evaluations on the rows that both have. What a judge says of them is kept beside the answers of B, so that a
 * comparison that was stopped goes on where it was.
 *
 * @throws ToolkitError `NOT_FOUND`; `USAGE` for different tasks, unless forced, and for evaluations without common rows
 */
export async function compareResults(options: CompareOptions, ports: EvaluatePorts): Promise<CompareResult> {
  const { files } = ports;
  const settings = parseOptions(optionsSchema, options);
  const { a, b, nameA, nameB, force, worstRows, seed, report } = settings;
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
  const judgement = await judged(first, second, settings, ports);
  if (report !== undefined) {
    await files.writeAtomic(report, evaluationReport({ ...second, baseline: first, judgement }));
  }
  return judgement === undefined ? comparison : { ...comparison, judgement };
}

/** Asks the judge, if one is named. */
async function judged(
  a: ReadEvaluation,
  b: ReadEvaluation,
  settings: z.output<typeof optionsSchema>,
  ports: EvaluatePorts,
): Promise<PairwiseJudgement | undefined> {
  const { judge: spec, judgeRubric, judgeKeyVariable, seed, concurrency, retries, timeoutSeconds } = settings;
  const { files, clock, onProgress, signal } = ports;
  if (spec === undefined) {
    if (judgeRubric === undefined) return undefined;
    throw new ToolkitError('--judge-rubric stands without --judge', 'USAGE', 'Name who is to judge.');
  }
  if (b.result.kind === 'perplexity') {
    throw new ToolkitError('--judge: evaluations of perplexity have no answers to judge', 'USAGE');
  }
  const rubric = await rubricText(files, judgeRubric);
  const provider = await openProvider(spec, ports, keyOptions(spec, judgeKeyVariable));
  try {
    return await judgePairs(
      samplePairs(a.samples, b.samples),
      await openJudge(provider, 'pairwise', rubric, ports),
      {
        seed,
        requests: {
          ...{ clock, onProgress, signal, concurrency, retries, timeoutSeconds },
          cache: new CompletionCache(files, join(b.folder, CACHE_FOLDER)),
        },
      },
    );
  } finally {
    await provider.close();
  }
}
