import type { Row } from '../../core/dataset-formats/row-format.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { Configuration } from '../../core/prompt-engineering/configurations.js';
import { shotChooser } from '../../core/evaluation/shots.js';
import type { Task } from '../../core/evaluation/task.js';
import { fitPrompt } from '../../core/prompts/fit-prompt.js';
import { renderPrompt } from '../../core/prompts/render-prompt.js';
import { canonicalJson } from '../../core/providers/canonical-json.js';
import type { Prompt } from '../../core/providers/provider.js';
import type { OpenPrompt } from './open-prompts.js';
import { embedderOf, taskOf, type PromptSweepParts } from './prompt-sweep-parts.js';

/** A prompt exactly as it is sent for a row. */
export interface SentPrompt {
  readonly prompt: string;
  readonly shots: number;
  /** Place of the row in the dataset, counted from 0. */
  readonly row: number;
  readonly sent: Prompt;
  /** `null` where the provider does not count them. */
  readonly tokens: number | null;
  readonly context_length: number | null;
  /** Share of the context window that the prompt takes. */
  readonly window_share: number | null;
  /** Examples that had no room. */
  readonly dropped_examples: number;
}

/** Tokens that have to be left for the answer. */
function answerTokens({ provider }: PromptSweepParts, task: Task, row: Row): number {
  const { choices } = task.render(row);
  if (choices === undefined) return task.definition.generation.max_new_tokens;
  const lengths = choices.map(({ continuation }) =>
    provider.countTokens!({ kind: 'text', text: continuation }),
  );
  return Math.max(...lengths);
}

/** A row with its examples, as many as there is room for. */
async function fitted(
  sweep: PromptSweepParts,
  { template }: OpenPrompt,
  task: Task,
  row: Row,
  examples: readonly Row[],
) {
  const { provider } = sweep;
  const { contextLength } = provider;
  if (provider.countTokens === undefined || contextLength === null) {
    const prompt = renderPrompt(template, { row, examples });
    return {
      prompt,
      tokens: provider.countTokens?.(prompt) ?? null,
      dropped: [],
    };
  }
  return fitPrompt({
    ...{ template, row, examples, contextLength },
    countTokens: (prompt) => provider.countTokens!(prompt),
    maxNewTokens: answerTokens(sweep, task, row),
  });
}

/** Sees to it that every row can be asked about before any is. */
export async function assertInstructionsFit(sweep: PromptSweepParts): Promise<void> {
  const seen = new Set<string>();
  for (const configuration of sweep.configurations) {
    const { prompt, task } = await taskOf(sweep, configuration);
    // Of the settings only the length of the answer takes room.
    const key = `${configuration.prompt} ${task.definition.generation.max_new_tokens}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const [index, row] of prompt.rows.entries()) {
      sweep.ports.signal?.throwIfAborted();
      try {
        await fitted(sweep, prompt, task, row, []);
      } catch (error) {
        if (!(error instanceof ToolkitError)) throw error;
        const place = `${sweep.opened.dataset.path}: row ${index + 1}`;
        throw new ToolkitError(`${place}: ${error.message}`, error.code, error.hint, error);
      }
    }
  }
}

/** The first prompts of each template and number of examples. */
export async function sentPrompts(sweep: PromptSweepParts): Promise<SentPrompt[]> {
  const sent: SentPrompt[] = [];
  const [usual] = sweep.configurations;
  for (const configuration of sweep.configurations) {
    if (canonicalJson(configuration.settings) !== canonicalJson(usual!.settings)) continue;
    sent.push(...(await sentFor(sweep, configuration)));
  }
  return sent;
}

/** The first prompts of one configuration. */
export async function sentFor(sweep: PromptSweepParts, configuration: Configuration): Promise<SentPrompt[]> {
  const { settings, provider } = sweep;
  const { prompt, task } = await taskOf(sweep, configuration);
  const { shots } = configuration;
  const choose = shotChooser(task, {
    ...{ pool: prompt.pool, measured: prompt.rows, count: settings.show === 0 ? 0 : shots },
    seed: settings.seed,
    embed: embedderOf(sweep),
  });
  const sent: SentPrompt[] = [];
  for (const [index, row] of prompt.rows.slice(0, settings.show).entries()) {
    const made = await fitted(sweep, prompt, task, row, await choose(row));
    const { contextLength } = provider;
    const share = made.tokens === null || contextLength === null ? null : made.tokens / contextLength;
    sent.push({
      ...{ prompt: prompt.name, shots, row: index, sent: made.prompt, tokens: made.tokens },
      ...{ context_length: contextLength, window_share: share, dropped_examples: made.dropped.length },
    });
  }
  return sent;
}
