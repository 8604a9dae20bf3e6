import type { Clock } from '../../platform/clock.js';
import type { Configuration } from '../../core/prompt-engineering/configurations.js';
import { promptTask, type LabelsBy } from '../../core/prompt-engineering/prompt-task.js';
import type { ProviderPorts } from '../../core/providers/provider-ports.js';
import type { Embed } from '../../core/prompts/shots/example-pool.js';
import type { Provider } from '../../core/providers/provider.js';
import { textEmbedder } from '../../core/providers/run-requests.js';
import type { PromptFolderPorts } from '../../core/prompt-engineering/open-prompt.js';
import type { OpenPrompts } from './open-prompts.js';
import type { PromptSweepSettings } from './prompt-engineer-options.js';

/** What prompt engineering needs from outside. */
export interface PromptEngineerPorts extends ProviderPorts, PromptFolderPorts {
  readonly clock: Clock;
  readonly toolkitVersion: string;
  readonly signal?: AbortSignal | undefined;
}

/** What the steps of a sweep share. */
export interface PromptSweepParts {
  readonly provider: Provider;
  readonly settings: PromptSweepSettings;
  readonly ports: PromptEngineerPorts;
  readonly opened: OpenPrompts;
  readonly metric: string;
  readonly configurations: readonly Configuration[];
  readonly labelsBy: LabelsBy;
}

/** What makes vectors of texts, where whoever answers can. */
export function embedderOf({ provider, settings, ports }: PromptSweepParts): Embed | undefined {
  const { clock, onProgress, signal } = ports;
  const { concurrency, retries, timeoutSeconds } = settings;
  return (
    provider.embed &&
    textEmbedder(provider, { clock, onProgress, signal, concurrency, retries, timeoutSeconds })
  );
}

/** What one configuration asks. */
export async function taskOf(
  sweep: PromptSweepParts,
  configuration: Configuration,
  labelsBy = sweep.labelsBy,
) {
  const prompt = sweep.opened.prompts[configuration.prompt]!;
  const { metric, settings } = sweep;
  const task = await promptTask(prompt.template, configuration, {
    ...{ metrics: [metric], labelsBy },
    strategy: settings.examples,
  });
  return { prompt, task };
}
