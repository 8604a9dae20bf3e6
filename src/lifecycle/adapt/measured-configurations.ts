import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { runEvaluation, type Evaluation } from '../../core/evaluation/run-evaluation.js';
import { CONFIDENCE } from '../../core/evaluation/score-samples.js';
import { taskMeasures, type TaskMeasure } from '../../core/evaluation/task-measures.js';
import type { Configuration } from '../../core/prompt-engineering/configurations.js';
import type { LabelsBy } from '../../core/prompt-engineering/prompt-task.js';
import { settingTexts } from '../../core/prompt-engineering/setting-texts.js';
import type { ShotsCurve } from '../../core/prompt-engineering/shots-chart.js';
import type { ShotsPoint } from '../../core/prompts/shots-curve.js';
import { canonicalJson } from '../../core/providers/canonical-json.js';
import { CompletionCache } from '../../core/providers/completion-cache.js';
import { describeComparison } from '../../core/statistics/describe-comparison.js';
import { pairedBootstrap } from '../../core/statistics/paired-bootstrap.js';
import type { OpenPrompt } from './open-prompts.js';
import { taskOf, type PromptSweepParts } from './prompt-sweep-parts.js';

/** One configuration as it was measured. */
export interface RankedConfiguration {
  /** From 1, the best. */
  readonly rank: number;
  readonly prompt: string;
  readonly shots: number;
  /** What is set otherwise than the prompt says. */
  readonly settings: Configuration['settings'];
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Tokens of a prompt on average. */
  readonly prompt_tokens: number | null;
  /** Share of the context window that an average prompt takes. */
  readonly window_share: number | null;
  readonly rows_with_fewer_examples: number;
  /** Rows whose answers came from an earlier run. */
  readonly cached_rows: number;
}

/** A configuration with what its comparison needs. */
export interface MeasuredConfiguration {
  readonly configuration: Configuration;
  readonly measure: TaskMeasure;
  /** What the metric made of each row. */
  readonly statistics: readonly unknown[];
  readonly ranked: Omit<RankedConfiguration, 'rank'>;
}

/**
 * Measures every configuration. A provider may tell only when it is asked that it cannot say how likely labels are: they
 * are then written, for all configurations alike.
 *
 * @param cacheFolder of the answers
 */
export async function measureAll(
  sweep: PromptSweepParts,
  cacheFolder: string,
): Promise<{ measured: MeasuredConfiguration[]; labelsBy: LabelsBy }> {
  const cache = new CompletionCache(sweep.ports.files, cacheFolder);
  const measure = async (labelsBy: LabelsBy): Promise<MeasuredConfiguration[]> => {
    const measured: MeasuredConfiguration[] = [];
    for (const configuration of sweep.configurations) {
      measured.push(await measureOne(sweep, configuration, labelsBy, cache));
    }
    return rank(measured);
  };
  try {
    return { measured: await measure(sweep.labelsBy), labelsBy: sweep.labelsBy };
  } catch (error) {
    // Recorded answers are one or the other, which only a look at them tells.
    const mayBeWritten =
      error instanceof ToolkitError &&
      (error.code === 'UNSUPPORTED' || (error.code === 'BAD_DATASET' && !sweep.provider.isWorthCaching));
    if (sweep.labelsBy === 'generation' || !mayBeWritten) throw error;
    return { measured: await measure('generation'), labelsBy: 'generation' };
  }
}

async function measureOne(
  sweep: PromptSweepParts,
  configuration: Configuration,
  labelsBy: LabelsBy,
  cache: CompletionCache,
): Promise<MeasuredConfiguration> {
  const { settings, opened, ports } = sweep;
  const { clock, onProgress, signal, toolkitVersion } = ports;
  const { prompt, task } = await taskOf(sweep, configuration, labelsBy);
  const { template, rows } = prompt;
  const { concurrency, retries, timeoutSeconds } = settings;
  const evaluation = await runEvaluation(
    {
      ...{ task, promptFile: template, rows },
      dataset: { path: opened.dataset.path, sha256: opened.dataset.sha256 },
      provider: sweep.provider,
    },
    {
      ...{
        shotPool: prompt.pool,
        shots: configuration.shots,
        seed: settings.seed,
        slices: [],
        asChat: false,
      },
      ...{
        requests: { clock, cache, onProgress, signal, concurrency, retries, timeoutSeconds },
        toolkitVersion,
      },
    },
  );
  const [measure] = taskMeasures(task.definition, task.where);
  return {
    ...{ configuration, measure: measure! },
    statistics: evaluation.samples.map((sample) => measure!.statistic(sample)),
    ranked: rankedOf(sweep, configuration, prompt, evaluation),
  };
}

function rankedOf(
  { provider: { contextLength } }: PromptSweepParts,
  { shots, settings }: Configuration,
  { name }: OpenPrompt,
  { result, samples, rowsWithFewerShots }: Evaluation,
): MeasuredConfiguration['ranked'] {
  const [{ value, low, high }] = result.metrics as [Evaluation['result']['metrics'][number]];
  const counts = samples.map(({ prompt_tokens }) => prompt_tokens);
  const tokens = counts.every((count) => count !== null)
    ? counts.reduce((sum, count) => sum + count, 0) / counts.length
    : null;
  return {
    ...{ prompt: name, shots, settings, value, low, high, prompt_tokens: tokens },
    window_share: tokens === null || contextLength === null ? null : tokens / contextLength,
    rows_with_fewer_examples: rowsWithFewerShots,
    cached_rows: result.usage.cached_rows,
  };
}

/** The best first; of equal ones that with fewer examples, which costs less to ask. */
function rank(measured: readonly MeasuredConfiguration[]): MeasuredConfiguration[] {
  const sign = measured[0]!.measure.metric.higherIsBetter ? 1 : -1;
  return [...measured].sort(
    (a, b) => sign * (b.ranked.value - a.ranked.value) || a.ranked.shots - b.ranked.shots,
  );
}

/** The best configuration beside the next, on the same rows. */
export function compareFirst([best, next]: readonly MeasuredConfiguration[]): string | null {
  if (best === undefined || next === undefined) return null;
  return compareConfigurations(next, best, {
    a: nameBeside(next.ranked, best.ranked),
    b: nameBeside(best.ranked, next.ranked),
  });
}

/**
 * Two configurations that were measured on the same rows by the same metric, in a sentence; `null` where they were not,
 * or where the metric knows no intervals.
 */
export function compareConfigurations(
  a: MeasuredConfiguration,
  b: MeasuredConfiguration,
  names: { readonly a: string; readonly b: string },
): string | null {
  const { metric } = b.measure;
  const isPaired = a.measure.metric.id === metric.id && a.statistics.length === b.statistics.length;
  if (!isPaired || metric.allowsBootstrap === false || b.statistics.length < 2) return null;
  return describeComparison(metric, names, pairedBootstrap(metric, a.statistics, b.statistics));
}

type Named = Pick<RankedConfiguration, 'prompt' | 'shots' | 'settings'>;

/** What a configuration is called beside another: where they differ. */
function nameBeside({ prompt, shots, settings }: Named, other: Named): string {
  const own = settingTexts(settings).filter((text) => !settingTexts(other.settings).includes(text));
  return [
    ...(prompt === other.prompt ? [] : [prompt]),
    ...(shots === other.shots ? [] : [`${shots} ${shots === 1 ? 'example' : 'examples'}`]),
    ...own,
  ].join(', ');
}

/**
 * How much more one number of examples scores than another with the prompt and settings of one configuration, on the
 * same rows. The intervals of all pairs hold together, at the confidence of a single one (Bonferroni).
 */
export function shotsDifference(
  best: MeasuredConfiguration,
  measured: readonly MeasuredConfiguration[],
): (first: ShotsPoint, second: ShotsPoint) => { readonly low: number; readonly high: number } {
  const ofCurve = new Map(
    measured.filter((one) => isOnCurve(one, best)).map((one) => [one.configuration.shots, one]),
  );
  const pairs = (ofCurve.size * (ofCurve.size - 1)) / 2;
  const confidence = 1 - (1 - CONFIDENCE) / Math.max(1, pairs);
  const known = new Map<string, { low: number; high: number }>();
  return (first, second) => {
    const name = `${first.shots} ${second.shots}`;
    const [own, other] = [ofCurve.get(first.shots)!, ofCurve.get(second.shots)!];
    let ends = known.get(name);
    if (ends === undefined) {
      const { metric } = best.measure;
      const { lower, upper } = pairedBootstrap(metric, other.statistics, own.statistics, { confidence });
      ends = { low: lower, high: upper };
      known.set(name, ends);
    }
    return ends;
  };
}

function hadRoom({ ranked, statistics }: MeasuredConfiguration): boolean {
  return 2 * ranked.rows_with_fewer_examples < statistics.length;
}

function isOnCurve(one: MeasuredConfiguration, of: MeasuredConfiguration): boolean {
  const key = ({ configuration: { prompt, settings } }: MeasuredConfiguration): string =>
    canonicalJson({ prompt, settings });
  return key(one) === key(of) && one.measure.metric.higherIsBetter && hadRoom(one);
}

/**
 * Scores by the number of examples, all else being as in one configuration; only of metrics that rise with quality, and
 * only where most rows had room for that number.
 */
export function curveOf(of: MeasuredConfiguration, measured: readonly MeasuredConfiguration[]): ShotsCurve {
  const { ranked } = of;
  const points = measured
    .filter((one) => isOnCurve(one, of))
    .flatMap(({ ranked: { shots, value, low, high, prompt_tokens: tokens } }): ShotsPoint[] =>
      low === null || high === null ? [] : [{ shots, score: value, low, high, tokens }],
    )
    .sort((a, b) => a.shots - b.shots);
  return { name: [ranked.prompt, ...settingTexts(ranked.settings)].join(', '), points };
}
