import { join } from 'node:path';
import { kindOfSpec } from '../../core/providers/open-provider.js';
import { compareResults, type CompareResult } from './compare.js';
import { evaluate, type EvaluateOptions, type EvaluatePorts, type EvaluateResult } from './evaluate.js';

/** The task that ships with the toolkit for what tuning is not meant to touch; its rows have categories. */
export const GENERAL_TASK = 'general';

/** Options of {@link evaluateBeforeAfter}; a judge is also asked which of the two answers to each row is better. */
export interface BeforeAfterOptions extends Omit<EvaluateOptions, 'model' | 'adapter'> {
  /** Model as it was. */
  readonly base: string;
  /** Model after it was tuned; may be the folder of a run or an adapter. */
  readonly tuned: string;
  /** A task of other abilities, to see what was forgotten. */
  readonly general?: string | undefined;
  /** Its rows, where the task does not name any that are here. */
  readonly generalDataset?: string | undefined;
}

/** A task before and after. */
export interface BeforeAfter {
  readonly base: EvaluateResult;
  readonly tuned: EvaluateResult;
  readonly comparison: CompareResult;
}

/** What tuning changed. */
export interface BeforeAfterResult {
  readonly task: BeforeAfter;
  readonly general: BeforeAfter | null;
}

/**
 * Measures a model before and after it was tuned, on the task it was tuned for and on a general one, so that what was
 * forgotten is seen as well.
 *
 * @throws ToolkitError as {@link evaluate} and {@link compareResults}
 */
export async function evaluateBeforeAfter(
  { base, tuned, general, generalDataset, report, ...options }: BeforeAfterOptions,
  ports: EvaluatePorts,
): Promise<BeforeAfterResult> {
  const task = await beforeAfter({ base, tuned }, options, { out: options.out, report }, ports);
  if (general === undefined) return { task, general: null };
  const { limit, seed, concurrency, chat, force, judge, judgeKeyVariable } = options;
  const generalOptions = {
    ...{ limit, seed, concurrency, chat, force, judge, judgeKeyVariable },
    ...{ task: general, dataset: generalDataset },
    slices: general === GENERAL_TASK ? ['category'] : [],
  };
  const out = options.out === undefined ? undefined : join(options.out, 'general');
  return { task, general: await beforeAfter({ base, tuned }, generalOptions, { out }, ports) };
}

async function beforeAfter(
  models: { readonly base: string; readonly tuned: string },
  { judge, judgeRubric, ...options }: Omit<EvaluateOptions, 'model'>,
  { out, report }: { readonly out: string | undefined; readonly report?: string | undefined },
  ports: EvaluatePorts,
): Promise<BeforeAfter> {
  const run = async (which: 'base' | 'tuned'): Promise<EvaluateResult> => {
    const place = out === undefined ? undefined : join(out, which);
    const thresholds = which === 'tuned' ? options.thresholds : [];
    // The same model makes the vectors of both, or their similarities could not be compared.
    const embeddingModel = kindOfSpec(models.base) === 'local' ? models.base : undefined;
    const usual = { embeddingModel, judge };
    const model = models[which];
    return (await evaluate({ ...options, usual, keep: true, thresholds, model, out: place }, ports))
      .evaluation;
  };
  const base = await run('base');
  const tuned = await run('tuned');
  const comparison = await compareResults(
    {
      a: base.out,
      b: tuned.out,
      nameA: 'base',
      nameB: 'tuned',
      report: report ?? join(tuned.out, 'base-and-tuned.html'),
      ...{ judge, judgeRubric, seed: options.seed },
      judgeKeyVariable: options.judgeKeyVariable ?? options.keyVariable,
      ...{
        concurrency: options.concurrency,
        retries: options.retries,
        timeoutSeconds: options.timeoutSeconds,
      },
    },
    ports,
  );
  return { base, tuned, comparison };
}
