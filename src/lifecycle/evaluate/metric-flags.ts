import { ToolkitError } from '../../core/errors/toolkit-error.js';
import {
  asksForMetric,
  metricOptions,
  withMetricOptions,
  type GivenOptions,
  type MetricWithOptions,
} from '../../core/evaluation/metric-options.js';
import { makeTask } from '../../core/evaluation/task.js';
import type { EvaluateSettings } from './evaluation-options.js';
import type { OpenTask } from './open-task.js';

/** Flags under which options of metrics are given. */
const FLAGS: Readonly<Record<string, readonly [MetricWithOptions, option: string]>> = {
  '--embedding-model': ['embedding-similarity', 'model'],
  '--judge': ['judge', 'model'],
  '--judge-rubric': ['judge', 'rubric'],
  '--samples': ['pass-at-k', 'samples'],
  '--k': ['pass-at-k', 'k'],
  '--check': ['pass-at-k', 'check'],
};

function givenOptions(settings: EvaluateSettings): GivenOptions {
  const { embeddingModel, judge, judgeRubric, samples, k, check } = settings;
  return {
    'embedding-similarity': { model: embeddingModel },
    judge: { model: judge, rubric: judgeRubric },
    'pass-at-k': { samples, k, check },
  };
}

/**
 * A task with the options of its metrics that were given beside it: those of flags before what the task says, and the
 * usual ones where neither says anything.
 *
 * @throws ToolkitError `USAGE` for a flag of a metric that is not measured, and where nobody is named to judge
 */
export async function withMetricFlags(opened: OpenTask, settings: EvaluateSettings): Promise<OpenTask> {
  const { task, promptFile } = opened;
  const { definition, where } = task;
  const given = givenOptions(settings);
  for (const [flag, [id, option]] of Object.entries(FLAGS)) {
    if (given[id]![option] === undefined || asksForMetric(definition, id)) continue;
    throw new ToolkitError(
      `${flag} is for the metric ${id}, which is not measured`,
      'USAGE',
      `Leave it out, or measure it: --metric ${id}, or ${id} among the metrics of the task file.`,
    );
  }
  const metrics = withMetricOptions(definition.metrics, given, {
    'embedding-similarity': { model: settings.usual.embeddingModel },
    judge: { model: settings.usual.judge },
  });
  const judge = metricOptions({ metrics }, 'judge', where);
  if (judge !== undefined && judge.model === undefined) {
    throw new ToolkitError(
      `${where}: the metric judge needs someone to judge`,
      'USAGE',
      'Name a model with --judge, such as openai:MODEL@URL, or as model beside the metric in the task file.',
    );
  }
  return { ...opened, task: await makeTask({ ...definition, metrics }, where, promptFile) };
}
