import type { Example } from '../dataset-formats/example.js';
import type { Row } from '../dataset-formats/row-format.js';
import { detectRowFormat, ROW_FORMATS } from '../dataset-formats/row-formats.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { findMetric } from '../metrics/index.js';
import { CHOICE_METRICS } from './choice-metrics.js';
import type { TaskInput, TaskKind } from './task-schema.js';

/** A task that was made of a dataset, and its rows with the columns that it reads. */
export interface DatasetTask {
  readonly input: TaskInput;
  readonly rows: readonly Row[];
  /** Whether the prompts were the user's turns of conversations. */
  readonly isChat: boolean;
}

/** More different answers than this are no labels. */
const MOST_LABELS = 50;

/** Of text rows the column that the formats put the text in. */
type Columns = { readonly prompt: string; readonly completion: string } | { readonly text: string };

/** What a task is made of. */
export interface DatasetTaskOptions {
  /** What the task is called. */
  readonly name: string;
  readonly path: string;
  readonly rows: readonly Row[];
  /** At least one. */
  readonly metrics: readonly string[];
  /** Labels are to be written by the model, not compared by their likelihoods. */
  readonly areLabelsGenerated: boolean;
}

/**
 * Makes a task of rows in one of the known formats: what is asked follows from what the metrics measure.
 *
 * @throws ToolkitError `USAGE` for metrics that do not go together; `BAD_DATASET` for rows that cannot be measured so
 */
export function taskOfDataset(options: DatasetTaskOptions): DatasetTask {
  const { name, path, rows, metrics, areLabelsGenerated } = options;
  const measured = kindOf(metrics);
  const kind = measured === 'classification' && areLabelsGenerated ? 'generation' : measured;
  const [first] = rows;
  if (first === undefined) {
    throw new ToolkitError(`${path}: has no rows to measure on`, 'BAD_DATASET', 'Choose other rows.');
  }
  const format = detectRowFormat(first);
  if (format === undefined) {
    throw new ToolkitError(
      `${path}: the columns of the rows are of no known format`,
      'BAD_DATASET',
      `Write a task file that names the columns, or rename them. Row formats: ${ROW_FORMATS.map(({ id, description }) => `${id}: ${description}`).join(' ')}`,
    );
  }
  let isChat = false;
  const read = rows.map((row, index): Row => {
    const example = format.parse(row);
    const place = `${path}: row ${index + 1}`;
    if ('problem' in example)
      throw new ToolkitError(`${place}: ${example.problem}`, 'BAD_DATASET', 'Mend the row.');
    isChat ||= example.kind === 'chat';
    return { ...row, ...columnsOf(example, kind, place) };
  });
  const base = { task: name, kind, dataset: { path }, metrics: [...metrics] };
  if (kind === 'perplexity') return { input: { ...base, target: 'text' }, rows: read, isChat: false };
  const prompt = { template: 'prompt', target_separator: '', example_separator: '\n\n' };
  const asked = { ...base, prompt, target: 'completion' };
  if (kind === 'generation') {
    // A completion may begin with the space that sets it off from its prompt.
    const trimmed = read.map((row) => ({ ...row, target: (row['completion'] as string).trim() }));
    const filters = [{ name: 'strip', steps: ['strip' as const] }];
    return { input: { ...asked, target: 'target', filters }, rows: trimmed, isChat };
  }
  return { input: { ...asked, labels: labelsOf(read, path) }, rows: read, isChat };
}

/** What metrics measure, and so what a model is asked. */
function kindOf(metrics: readonly string[]): TaskKind {
  const kinds = metrics.map((name): TaskKind => {
    if (CHOICE_METRICS.some(({ id }) => id === name)) return 'classification';
    const { needs } = findMetric(name);
    if (needs === 'likelihood') return 'perplexity';
    return needs === 'label' || needs === 'probability' ? 'classification' : 'generation';
  });
  const other = kinds.findIndex((kind) => kind !== kinds[0]);
  if (other < 0) return kinds[0]!;
  throw new ToolkitError(
    `--metric: ${metrics[0]!} is of ${kinds[0]!}, ${metrics[other]!} of ${kinds[other]!}`,
    'USAGE',
    'Measure them one after the other, or write a task file.',
  );
}

function columnsOf(example: Example, kind: TaskKind, place: string): Columns {
  if (example.kind === 'text') {
    if (kind === 'perplexity') return { text: example.text };
    throw new ToolkitError(
      `${place}: is a text, and nothing is asked in it`,
      'BAD_DATASET',
      'Measure perplexity, or give rows with a prompt and a completion.',
    );
  }
  const { prompt, completion } = example.kind === 'chat' ? onlyTurn(example.messages, place) : example;
  return kind === 'perplexity' ? { text: prompt + completion } : { prompt, completion };
}

function onlyTurn(
  messages: Extract<Example, { kind: 'chat' }>['messages'],
  place: string,
): { prompt: string; completion: string } {
  const [user, assistant, ...others] = messages;
  if (user?.role === 'user' && assistant?.role === 'assistant' && others.length === 0) {
    return { prompt: user.content, completion: assistant.content };
  }
  throw new ToolkitError(
    `${place}: is a conversation of more than one question and its answer`,
    'UNSUPPORTED',
    'Write a task file with a prompt template for it.',
  );
}

function labelsOf(rows: readonly Row[], path: string): string[] {
  const labels = [...new Set(rows.map((row) => row['completion'] as string))].sort();
  if (labels.length >= 2 && labels.length <= MOST_LABELS) return labels;
  throw new ToolkitError(
    `${path}: has ${labels.length} different completions; classification takes 2 to ${MOST_LABELS}`,
    'BAD_DATASET',
    'Give rows whose completion is a label, or choose a metric of generated text.',
  );
}
