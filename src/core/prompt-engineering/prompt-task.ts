import { makeTask, type Task } from '../evaluation/task.js';
import type { PromptTemplate } from '../prompts/prompt-template.js';
import type { ScopeTaskName } from '../scope/tasks.js';
import { generationOf, type Configuration } from './configurations.js';
import { ANSWER_COLUMN, isClassification } from './prompt-rows.js';

/** How labels are found: the likeliest one, or the one that the model writes. */
export type LabelsBy = 'likelihood' | 'generation';

/** Tokens of an answer where nobody says; enough for a few sentences, and it fits small context windows. */
const USUAL_MAX_NEW_TOKENS = 64;

/** What answers are measured by where nobody says. */
const USUAL_METRIC: Partial<Record<ScopeTaskName, string>> = {
  summarization: 'rouge-lsum',
  translation: 'chrf',
  'question-answering': 'squad-f1',
  conversational: 'rouge-l',
  'text-generation': 'rouge-l',
};

/** The metric that suits a prompt. */
export function usualMetric({ settings }: PromptTemplate): string {
  if (isClassification(settings)) return 'accuracy';
  return (settings.task && USUAL_METRIC[settings.task]) ?? 'exact-match';
}

/** How a task generates: what a configuration says, complete. */
export function taskGeneration(template: PromptTemplate, configuration: Configuration) {
  const generation = generationOf(template.settings.generation, configuration);
  const { max_new_tokens = USUAL_MAX_NEW_TOKENS, top_k, top_p, min_p } = generation;
  const samples = [top_k, top_p, min_p].some((value) => value !== undefined);
  // To choose among several tokens is to sample; without a temperature it is the model's own.
  return { ...generation, max_new_tokens, temperature: generation.temperature ?? (samples ? 1 : 0) };
}

/**
 * What a configuration asks of each row, as a task of the evaluation.
 *
 * @throws ToolkitError `USAGE` for settings or a metric that no such task has
 */
export function promptTask(
  template: PromptTemplate,
  configuration: Configuration,
  { metrics, strategy, labelsBy }: { metrics: readonly string[]; strategy: string; labelsBy: LabelsBy },
): Promise<Task> {
  const { settings, body, where } = template;
  const comparesLabels = isClassification(settings) && labelsBy === 'likelihood';
  // A label follows its prompt after a blank, unless it begins a turn or the prompt ends in one.
  const separator = settings.kind === 'chat' || /[^\S\n]$/.test(body.replace(/\n+$/, '')) ? '' : ' ';
  return makeTask(
    {
      task: settings.name,
      kind: comparesLabels ? 'classification' : 'generation',
      prompt: { file: settings.name, target_separator: separator },
      ...(comparesLabels && { labels: [...settings.labels!] }),
      target: ANSWER_COLUMN,
      metrics: [...metrics],
      shots: { strategy },
      generation: taskGeneration(template, configuration),
      ...(!comparesLabels && { filters: [{ name: 'strip', steps: ['strip'] }] }),
    },
    where,
    template,
  );
}
