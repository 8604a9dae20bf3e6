import { z } from 'zod';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { renderPrompt, type RenderedPrompt } from '../prompts/render-prompt.js';
import type { PromptTemplate } from '../prompts/prompt-template.js';
import { describeIssue } from '../yaml/describe-issue.js';
import { parseYaml } from '../yaml/parse-yaml.js';
import { parsePythonList } from './python-list.js';
import { pythonText } from './python-text.js';
import { compileRowTemplate, type RowTemplate } from './row-template.js';
import { taskSchema, type TaskDefinition, type TaskInput } from './task-schema.js';

/** Characters of a task file at most: several times the longest prompts with their examples. */
const MOST_CHARACTERS = 512 * 1024;

const HINT =
  'The fields of a task are described in its JSON schema; templates/tasks has tasks to begin from.';

/** One of the texts whose likelihoods are compared. */
export interface RenderedChoice {
  /** The choice by itself; what `acc_norm` divides by the length of. */
  readonly text: string;
  /** What the model reads before, where that differs between choices; else it is the prompt. */
  readonly context?: string;
  /** The text whose likelihood counts, with the separator before it. */
  readonly continuation: string;
}

/** What a model is asked about one row, and what would be right. */
export interface RenderedRow {
  readonly prompt: RenderedPrompt;
  /** Texts that would each be right; for perplexity, the text that is measured. */
  readonly targets: readonly string[];
  /** For kinds that compare likelihoods. */
  readonly choices?: readonly RenderedChoice[];
  /** Indices of the choices that are right. */
  readonly targetIndices?: readonly number[];
}

/** A task, ready for rows. */
export interface Task {
  readonly definition: TaskDefinition;
  /** The file, for messages. */
  readonly where: string;
  /** A row with the further columns that the task makes of it. */
  withFields(row: Row): Row;
  /**
   * What the model is asked about a row.
   *
   * @param examples rows shown before it with their answers, in that order
   * @throws ToolkitError `BAD_DATASET` when a row lacks what the task needs, or holds something else
   */
  render(row: Row, examples?: readonly Row[]): RenderedRow;
}

/**
 * Reads a task file.
 *
 * @param where the file, for messages
 * @param promptFile the template of `prompt.file`, if it names one (it is the caller who reads files)
 * @throws ToolkitError `USAGE` that lists every problem with its line
 */
export async function readTask(text: string, where: string, promptFile?: PromptTemplate): Promise<Task> {
  return compileTask(readTaskDefinition(text, where), where, promptFile);
}

/**
 * Reads what a task file holds, without its templates.
 *
 * @throws ToolkitError `USAGE` that lists every problem with its line
 */
export function readTaskDefinition(text: string, where: string): TaskDefinition {
  return parseYaml(text, where, {
    schema: taskSchema,
    noun: 'task',
    keys: Object.keys(taskSchema.shape),
    mostCharacters: MOST_CHARACTERS,
    hint: HINT,
    describe: (issue, value) => describeIssue(taskSchema, issue, value),
  });
}

/**
 * A task from settings that were put together rather than read.
 *
 * @throws ToolkitError `USAGE` that lists every problem
 */
export async function makeTask(input: TaskInput, where: string, promptFile?: PromptTemplate): Promise<Task> {
  const result = taskSchema.safeParse(input);
  if (result.success) return compileTask(result.data, where, promptFile);
  const problems = result.error.issues.map(({ path, message }) => `${where}: ${path.join('.')}: ${message}`);
  throw new ToolkitError(problems.join('\n'), 'USAGE', HINT, result.error);
}

/** The form of a task file as JSON Schema (draft 2020-12). */
export function taskJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(taskSchema, { io: 'input' }) as Record<string, unknown>;
}

function wrong(where: string, field: string, why: string): ToolkitError {
  return new ToolkitError(
    `${where}: ${field} of a row ${why}`,
    'BAD_DATASET',
    'Check the row against the fields of the task.',
  );
}

/** A list of texts, as choices must be, or one as a template writes it out; numbers and truths are as Python writes them. */
function textList(value: unknown, where: string, field: string): string[] {
  const list = typeof value === 'string' ? parsePythonList(value) : value;
  if (Array.isArray(list) && list.length > 0) return list.map(pythonText);
  throw wrong(where, field, `is ${pythonText(value).slice(0, 100)}, not a list of texts`);
}

/** A text of digits is the number of a choice, as lm-evaluation-harness reads it. */
function asIndex(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** Indices of the right choices: numbers as they are, texts by what they say. */
function targetIndices(value: unknown, choices: readonly string[], where: string): number[] {
  const targets = Array.isArray(value) ? value : [value];
  return targets.map((target: unknown) => {
    // A choice may itself be a number: what is written is then meant, if it is no text of digits made by a template.
    const index = typeof target === 'number' ? target : choices.indexOf(pythonText(target));
    if (Number.isInteger(index) && index >= 0 && index < choices.length) return index;
    throw wrong(
      where,
      'target',
      `is ${pythonText(target).slice(0, 100)}, which is none of the ${choices.length} choices`,
    );
  });
}

/** Whether two texts need something between them: neither has white space where they meet. */
function touches(before: string, after: string): boolean {
  return before !== '' && !/\s$/.test(before) && !/^\s/.test(after);
}

interface Compiled {
  readonly fields: readonly (readonly [string, RowTemplate])[];
  readonly instruction: RowTemplate | undefined;
  readonly template: RowTemplate | undefined;
  readonly answerPrefix: RowTemplate | undefined;
  readonly choices: RowTemplate | readonly string[] | undefined;
  readonly contexts: RowTemplate | undefined;
  readonly rightContext: RowTemplate | undefined;
  readonly target: RowTemplate | number | readonly number[] | undefined;
}

async function compileTemplates(task: TaskDefinition, where: string): Promise<Compiled> {
  const compile = (source: string, field: string): Promise<RowTemplate> =>
    compileRowTemplate(source, `${where}: ${field}`);
  const maybe = async (source: string | undefined, field: string): Promise<RowTemplate | undefined> =>
    source === undefined || source === '' ? undefined : compile(source, field);
  const { prompt, choices, target, labels } = task;
  return {
    fields: await Promise.all(
      Object.entries(task.dataset.fields).map(
        async ([name, source]) => [name, await compile(source, `dataset.fields.${name}`)] as const,
      ),
    ),
    instruction: await maybe(prompt.instruction, 'prompt.instruction'),
    // Empty it asks nothing: whole texts are then compared, as in BLiMP.
    template: prompt.template === undefined ? undefined : await compile(prompt.template, 'prompt.template'),
    answerPrefix: await maybe(prompt.answer_prefix, 'prompt.answer_prefix'),
    choices: typeof choices === 'string' ? await compile(choices, 'choices') : (choices ?? labels),
    contexts: await maybe(task.contexts, 'contexts'),
    rightContext: await maybe(task.right_context, 'right_context'),
    target: typeof target === 'string' ? await compile(target, 'target') : target,
  };
}

async function compileTask(
  definition: TaskDefinition,
  where: string,
  promptFile: PromptTemplate | undefined,
): Promise<Task> {
  const { kind, prompt } = definition;
  if ((prompt.file === undefined) !== (promptFile === undefined)) {
    throw new ToolkitError(
      `${where}: prompt.file ${promptFile === undefined ? 'was not read' : 'is not named, and a template is given'}`,
      'USAGE',
    );
  }
  const compiled = await compileTemplates(definition, where);
  const { fields, instruction, template, answerPrefix, contexts, rightContext, target } = compiled;
  const comparesChoices = kind === 'multiple_choice' || kind === 'classification';

  const withFields = (row: Row): Row =>
    fields.reduce<Row>((made, [name, field]) => ({ ...made, [name]: field.value(made) }), row);

  const choicesOf = (row: Row): readonly string[] | undefined => {
    if (contexts !== undefined) return textList(contexts.value(row), where, 'contexts');
    const { choices } = compiled;
    if (choices === undefined) return undefined;
    return 'value' in choices ? textList(choices.value(row), where, 'choices') : choices;
  };
  const targetOf = (row: Row): unknown =>
    typeof target === 'object' && 'value' in target ? target.value(row) : target;

  /** The right answers of a row as texts, and as numbers where there are choices. */
  function answer(row: Row): { targets: string[]; indices?: number[] } {
    const choices = choicesOf(row);
    const value = targetOf(row);
    if (contexts !== undefined) {
      const indices = targetIndices(asIndex(rightContext!.value(row)), choices!, where);
      return { targets: [pythonText(value)], indices };
    }
    if (choices === undefined) {
      const targets = Array.isArray(value) ? value.map(pythonText) : [pythonText(value)];
      if (targets.length === 0) throw wrong(where, 'target', 'is an empty list');
      return { targets };
    }
    const isText = typeof value === 'string' && choices.includes(value);
    const indices = targetIndices(isText ? value : asIndex(value), choices, where);
    return { targets: indices.map((index) => choices[index]!), indices };
  }

  /** What is asked, with the beginning of the answer where the task gives one. */
  const question = (row: Row, asked: string, separator = prompt.target_separator): string => {
    const prefix = answerPrefix?.text(row) ?? '';
    return prefix === '' ? asked : asked + (touches(asked, prefix) ? separator : '') + prefix;
  };

  /** Examples as the model reads them before the question: prompt, separator, answer, separator. */
  const exampleText = (row: Row): string => {
    const { targets, indices } = answer(row);
    const asked = contexts === undefined ? template!.text(row) : choicesOf(row)![indices![0]!]!;
    const reply = targets[0]!;
    const begun = question(row, asked);
    if (reply === '' && indices === undefined) return begun;
    // After a given beginning the answer is set off by a space, if need be, as the harness does it.
    const separator = begun === asked ? prompt.target_separator : touches(begun, reply) ? ' ' : '';
    return begun + separator + reply + prompt.example_separator;
  };

  function render(raw: Row, rawExamples: readonly Row[] = []): RenderedRow {
    const row = withFields(raw);
    const examples = rawExamples.map(withFields);
    const { targets, indices } = answer(row);
    if (kind === 'perplexity') return { prompt: { kind: 'text', text: '' }, targets };
    if (promptFile !== undefined) {
      const rendered = renderPrompt(promptFile, { row, examples });
      return { prompt: rendered, targets, ...likelihoodRows(row, indices) };
    }
    const before = (instruction?.text(row) ?? '') + examples.map(exampleText).join('');
    if (contexts === undefined) {
      const text = before + question(row, template!.text(row));
      return { prompt: { kind: 'text', text }, targets, ...likelihoodRows(row, indices) };
    }
    const continuation = prompt.target_separator + targets[0]!;
    const choices = choicesOf(row)!.map((text) => ({
      ...{ text, continuation },
      context: before + question(row, text, ''),
    }));
    const right = choices[indices![0]!]!.context;
    return { prompt: { kind: 'text', text: right }, targets, choices, targetIndices: indices! };
  }

  function likelihoodRows(
    row: Row,
    indices: readonly number[] | undefined,
  ): Pick<RenderedRow, 'choices' | 'targetIndices'> {
    if (!comparesChoices) return {};
    const choices = choicesOf(row)!.map((text) => ({ text, continuation: prompt.target_separator + text }));
    return { choices, targetIndices: indices! };
  }

  return { definition, where, withFields, render };
}

export { TASK_KINDS, taskSchema, type TaskDefinition, type TaskInput, type TaskKind } from './task-schema.js';
