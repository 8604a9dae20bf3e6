import type { Row } from '../dataset-formats/row-format.js';
import { chooseExamples } from '../prompts/shots/choose-examples.js';
import { ExamplePool, type Embed } from '../prompts/shots/example-pool.js';
import { canonicalJson } from '../providers/canonical-json.js';
import { groupBy } from './group-by.js';
import type { RenderedRow, Task } from './task.js';

/** Chooses the examples that stand before a row. */
export type ChooseShots = (row: Row) => Promise<Row[]>;

/** What examples are chosen from, and how. */
export interface ShotOptions {
  /** Rows to choose among; those that ask the same as a row that is measured on are left out. */
  readonly pool: readonly Row[];
  readonly measured: readonly Row[];
  readonly count: number;
  /** Equal seeds give equal choices. */
  readonly seed: number;
  readonly embed?: Embed | undefined;
}

/** What is asked in a row, without any examples. */
function askedText({ prompt, choices }: RenderedRow): string {
  const text = prompt.kind === 'text' ? prompt.text : JSON.stringify(prompt.messages);
  return [text, ...(choices ?? []).map((choice) => choice.text)].join('\n');
}

/**
 * Makes ready to choose examples for a task's prompts, of those that match the row where the task says so. Two rows are
 * the same when they ask the same, whatever else their columns hold.
 *
 * @throws ToolkitError when it is called: `USAGE` where there are too few examples
 */
export function shotChooser(task: Task, { pool, measured, count, seed, embed }: ShotOptions): ChooseShots {
  const { strategy, matching } = task.definition.shots;
  if (count === 0) return async () => [];
  const asked = (row: Row): Row => {
    const rendered = task.render(row);
    return { asked: askedText(rendered), answer: rendered.targets[0]!, row };
  };
  const groupOf = (row: Row): string => {
    const columns = task.withFields(row);
    return canonicalJson(matching.map((column) => columns[column] ?? null));
  };
  const rowsOf = groupBy(pool, groupOf);
  const evaluation = measured.map(asked);
  const pools = new Map<string, ExamplePool>();
  const poolOf = (group: string): ExamplePool => {
    let examples = pools.get(group);
    if (examples === undefined) {
      const rows = (rowsOf.get(group) ?? []).map(asked);
      examples = new ExamplePool({ rows, evaluation, inputColumns: ['asked'], labelColumn: 'answer' });
      pools.set(group, examples);
    }
    return examples;
  };
  return async (row) => {
    const request = { strategy, count, pool: poolOf(groupOf(row)), row: asked(row), seed, embed };
    return (await chooseExamples(request)).map((example) => example['row'] as Row);
  };
}
