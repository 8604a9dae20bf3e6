import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { Judge } from '../../core/evaluation/judge.js';
import { metricOptions } from '../../core/evaluation/metric-options.js';
import type { Task } from '../../core/evaluation/task.js';
import { kindOfSpec } from '../../core/providers/open-provider.js';
import type { ProviderOptions } from '../../core/providers/provider-ports.js';
import type { Provider } from '../../core/providers/provider.js';
import type { EvaluateSettings } from './evaluation-options.js';
import { openJudge, type JudgePorts } from './open-judge.js';

/** Models that help to score. */
export interface Helpers {
  readonly embedder: Provider | undefined;
  readonly judge: Judge | undefined;
}

/** Opens a provider; who gives this closes what it opened. */
export type OpenProvider = (spec: string, options: ProviderOptions) => Promise<Provider>;

/** The key's variable where a service takes one: others refuse it. */
export function keyOptions(spec: string, keyVariable: string | undefined): ProviderOptions {
  return kindOfSpec(spec) === 'openai' ? { keyVariable } : {};
}

/**
 * Opens what the metrics of a task ask beside the model that is measured.
 *
 * @throws ToolkitError `USAGE` where the model makes no vectors and no other is named; what providers throw
 */
export async function openHelpers(
  { id }: Provider,
  { definition, where }: Task,
  { keyVariable, judgeKeyVariable = keyVariable }: EvaluateSettings,
  open: OpenProvider,
  ports: JudgePorts,
): Promise<Helpers> {
  const embedding = metricOptions(definition, 'embedding-similarity', where);
  if (embedding !== undefined && embedding.model === undefined && !id.startsWith('local:')) {
    throw new ToolkitError(
      `${where}: embedding-similarity needs a model that makes vectors, and ${id} is not a local one`,
      'USAGE',
      'Name one with --embedding-model: a folder, openai:MODEL@URL or ollama:MODEL.',
    );
  }
  const embedder =
    embedding?.model === undefined
      ? undefined
      : await open(embedding.model, keyOptions(embedding.model, keyVariable));
  const rating = metricOptions(definition, 'judge', where);
  if (rating?.model === undefined) return { embedder, judge: undefined };
  const provider = await open(rating.model, keyOptions(rating.model, judgeKeyVariable));
  return { embedder, judge: await openJudge(provider, 'rubric', rating.rubric, ports) };
}
