import { formatCount, formatDuration, formatFigure } from '../../number-text.js';
import type { EvaluationResult } from '../evaluation-result.js';
import { markup } from './markup.js';
import type { Section } from './section.js';

/** What was run, so that it can be run again. */
export function runFacts(result: EvaluationResult): Section {
  const { usage, dataset, embedding_model: embedder, judge } = result;
  const facts: [string, string | null][] = [
    ['Task', result.task],
    ['Kind', result.kind.replaceAll('_', ' ')],
    ['Model', result.model],
    ['Fingerprint of the model', result.model_fingerprint],
    ['Model that made the vectors', embedder?.model ?? null],
    ['Fingerprint of that model', embedder?.model_fingerprint ?? null],
    ['Judge', judge?.model ?? null],
    ['Fingerprint of the judge', judge?.model_fingerprint ?? null],
    ['Replies of the judge without a rating', judge === undefined ? null : formatCount(judge.unreadable)],
    ['Dataset', dataset.path],
    ['Rows', formatCount(dataset.rows)],
    ['SHA-256 of the dataset', dataset.sha256],
    ['SHA-256 of the task', result.task_hash],
    ['Shots', formatCount(result.shots)],
    ['Seed', String(result.seed)],
    ['Tokens of prompts', usage.prompt_tokens === null ? null : formatCount(usage.prompt_tokens)],
    ['Tokens of completions', usage.completion_tokens === null ? null : formatCount(usage.completion_tokens)],
    ['Cost', usage.cost_usd === null ? null : `${formatFigure(usage.cost_usd)} USD`],
    ['Time', formatDuration(usage.seconds)],
    ['Rows from the cache', formatCount(usage.cached_rows)],
    ['Version of the toolkit', result.toolkit_version],
    ['Finished', result.finished_at],
  ];
  return {
    id: 'run',
    title: 'The run',
    content: markup`<dl class="facts">
${facts.map(([name, value]) =>
  value === null
    ? null
    : markup`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>
`,
)}</dl>`,
  };
}
