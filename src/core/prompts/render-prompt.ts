import { quoteName } from '../checkpoints/quote-name.js';
import { kindOf, listColumns } from '../dataset-formats/columns.js';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import type { ChatMessage } from '../tokenizers/chat-message.js';
import type { Prompt } from '../providers/provider.js';
import { LABELS } from './prompt-settings.js';
import type { PromptTemplate } from './prompt-template.js';
import type { TemplateValue, TemplateValues } from './template-language.js';

/** A prompt as it is sent: what a provider takes. */
export type RenderedPrompt = Prompt;

/** What a prompt is made of. */
export interface PromptContent {
  readonly row: Row;
  /** Rows shown as examples, in the order in which they stand in the prompt. */
  readonly examples?: readonly Row[];
}

/** Examples that a prompt can have; what is useful ends far below. */
const MOST_EXAMPLES = 1000;

/** Texts that a list in a row can have. */
const MOST_LIST_ITEMS = 1000;

/**
 * Fills a template in. What stands in rows is data: braces and headings in it are text like any other, and it cannot add
 * turns.
 *
 * @throws ToolkitError `BAD_DATASET` when a row lacks a variable, with the column that may be meant; `USAGE` for
 *   examples where the template has no place for them
 */
export function renderPrompt(
  template: PromptTemplate,
  { row, examples = [] }: PromptContent,
): RenderedPrompt {
  const { settings, turns, where, rowVariables, exampleVariables } = template;
  if (examples.length > 0 && exampleVariables === undefined) {
    throw new ToolkitError(
      `${where}: the template has no place for examples, and ${examples.length} are given`,
      'USAGE',
      settings.kind === 'chat'
        ? 'Add # example user and # example assistant before # user.'
        : 'Add {% for example in examples %} … {% endfor %} to it.',
    );
  }
  if (examples.length > MOST_EXAMPLES) {
    throw new ToolkitError(
      `${where}: ${examples.length} examples are given; a prompt takes at most ${MOST_EXAMPLES}`,
      'USAGE',
      'Give fewer examples.',
    );
  }
  const values = valuesOf(template, row, rowVariables, 'the row');
  const exampleValues = examples.map((example, index) =>
    valuesOf(template, example, exampleVariables ?? [], `example ${index + 1}`),
  );
  if (settings.kind === 'plain') return { kind: 'text', text: turns[0]!.text.render(values, exampleValues) };

  const firstExample = turns.findIndex(({ isExample }) => isExample);
  const messages = turns.flatMap(({ role, isExample, text }, index): ChatMessage[] => {
    if (!isExample) return [{ role: role!, content: text.render(values, exampleValues) }];
    if (index !== firstExample) return [];
    const exampleTurns = turns.filter((turn) => turn.isExample);
    return exampleValues.flatMap((own) =>
      exampleTurns.map((turn) => ({ role: turn.role!, content: turn.text.render(own, []) })),
    );
  });
  return { kind: 'chat', messages };
}

function valuesOf(
  { settings, where }: PromptTemplate,
  row: Row,
  names: readonly string[],
  what: string,
): TemplateValues {
  const values: [string, TemplateValue][] = names.map((name) => {
    const { column = name, default: standIn } = settings.variables[name]!;
    const value = Object.hasOwn(row, column) ? row[column] : undefined;
    if (value == null && standIn !== undefined) return [name, standIn];
    if (value == null) {
      const isThere = Object.hasOwn(row, column);
      const guess = isThere ? undefined : didYouMean(column, Object.keys(row));
      throw new ToolkitError(
        `${where}: ${what} has ${isThere ? 'nothing in' : 'no'} column ${quoteName(column)}, which the template needs as ${name}`,
        'BAD_DATASET',
        `${guess ?? `Its columns: ${listColumns(row)}.`} In the template, column: says where a variable stands, default: what it is without.`,
      );
    }
    const usable = templateValue(value);
    if (usable !== undefined) return [name, usable];
    throw new ToolkitError(
      `${where}: column ${quoteName(column)} of ${what} is ${kindOf(value)} that cannot stand in a prompt`,
      'BAD_DATASET',
      `Give a text, a number, true or false, or a list of at most ${MOST_LIST_ITEMS} of these.`,
    );
  });
  if (settings.labels !== undefined) values.push([LABELS, settings.labels]);
  return Object.fromEntries(values);
}

/** What a template can use of a row's value; `undefined` if nothing. */
function templateValue(value: unknown): TemplateValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return String(value);
  if (!Array.isArray(value) || value.length > MOST_LIST_ITEMS) return undefined;
  const items = value.map((item: unknown) =>
    typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean'
      ? String(item)
      : undefined,
  );
  return items.every((item) => item !== undefined) ? items : undefined;
}
