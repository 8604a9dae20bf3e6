import { quoteName } from '../checkpoints/quote-name.js';
import { listColumns } from '../dataset-formats/columns.js';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import type { PromptSettings } from '../prompts/prompt-template.js';

/** Column that measured rows have their answer in, beside those of the dataset. */
export const ANSWER_COLUMN = '__answer';

/** Columns of datasets that say neither what is asked nor what is answered: what most of this toolkit's have. */
const USUAL_COLUMNS = { asked: 'prompt', answer: 'completion' } as const;

/** What was said about a template besides what its file says. */
export interface TemplateChanges {
  /** Columns by the variables that stand in them. */
  readonly columns: Readonly<Record<string, string>>;
  readonly labels?: readonly string[] | undefined;
  /** Texts that end the answer, instead of the template's own. */
  readonly stop?: readonly string[] | undefined;
}

/**
 * Says where a template's variables stand in rows: as was asked for, else under their own names. In rows of a prompt and
 * its completion the answer is the completion, and the one variable that is left is the prompt.
 *
 * @param row one of those that the template is for
 * @throws ToolkitError `USAGE` for a template without an answer
 */
export function settingsForRows(
  settings: PromptSettings,
  where: string,
  row: Row,
  { columns, labels, stop }: TemplateChanges,
): PromptSettings {
  const { answer, variables } = settings;
  if (answer === undefined) {
    throw new ToolkitError(
      `${where}: does not say which of its variables is the answer`,
      'USAGE',
      'Add answer: with the name of the variable that the model is to write; it need not stand in the text.',
    );
  }
  const names = Object.keys(variables);
  const isLacking = (name: string): boolean => {
    const { column = name, default: standIn } = variables[name]!;
    return !Object.hasOwn(columns, name) && standIn === undefined && !Object.hasOwn(row, column);
  };
  const found = new Map(Object.entries(columns));
  const lackingInputs = names.filter((name) => name !== answer && isLacking(name));
  if (Object.hasOwn(row, USUAL_COLUMNS.asked) && Object.hasOwn(row, USUAL_COLUMNS.answer)) {
    if (isLacking(answer)) found.set(answer, USUAL_COLUMNS.answer);
    if (lackingInputs.length === 1) found.set(lackingInputs[0]!, USUAL_COLUMNS.asked);
  }
  return {
    ...settings,
    ...(labels !== undefined && { labels: [...labels] }),
    ...(stop !== undefined && { generation: { ...settings.generation, stop: [...stop] } }),
    variables: Object.fromEntries(
      names.map((name) => {
        const column = found.get(name);
        return [name, column === undefined ? variables[name]! : { ...variables[name]!, column }];
      }),
    ),
  };
}

/** Column of a template's answer. */
function answerColumn({ answer, variables }: PromptSettings): string {
  return variables[answer!]!.column ?? answer!;
}

/**
 * Rows as a template needs them: the answer without white space around it, which the template itself puts there, and
 * once more in {@link ANSWER_COLUMN}.
 *
 * @param path of the dataset, for messages
 * @throws ToolkitError `BAD_DATASET` for a row without an answer, or with one that is none of the labels
 */
export function rowsForPrompt(rows: readonly Row[], settings: PromptSettings, path: string): Row[] {
  const column = answerColumn(settings);
  const { labels } = settings;
  return rows.map((row, index) => {
    const value = Object.hasOwn(row, column) ? row[column] : undefined;
    const place = `${path}: row ${index + 1}`;
    const isWritten = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const text = isWritten ? String(value).trim() : '';
    if (text === '') {
      throw new ToolkitError(
        `${place} has no answer in column ${quoteName(column)}`,
        'BAD_DATASET',
        `${didYouMean(column, Object.keys(row)) ?? `Its columns: ${listColumns(row)}.`} --column ${settings.answer!}=NAME says where it stands.`,
      );
    }
    if (isClassification(settings) && !labels!.includes(text)) {
      throw new ToolkitError(
        `${place}: its answer ${quoteName(text.slice(0, 60))} is none of the labels ${labels!.slice(0, 10).join(', ')}`,
        'BAD_DATASET',
        'Name the labels with --labels, separated by commas, or in the front matter of the prompt.',
      );
    }
    return { ...row, [column]: text, [ANSWER_COLUMN]: text };
  });
}

/** Whether the answer is one of the template's labels, rather than a text that has them in it. */
export function isClassification({ task, labels }: PromptSettings): boolean {
  return labels !== undefined && labels.length > 1 && (task === undefined || task === 'text-classification');
}
