import { quoteName } from '../../checkpoints/quote-name.js';
import type { Row } from '../../dataset-formats/row-format.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { didYouMean } from '../../near-matches.js';
import { balanced } from './balanced.js';
import type { ExampleRequest, ExampleStrategy } from './example-strategy.js';
import { first } from './first.js';
import { random } from './random.js';
import { similarEmbeddings } from './similar-embeddings.js';
import { similar } from './similar.js';

/** Every way to choose examples. */
export const EXAMPLE_STRATEGIES: readonly ExampleStrategy[] = [
  random,
  first,
  balanced,
  similar,
  similarEmbeddings,
];

/** @throws ToolkitError `USAGE` when there is no strategy of that name */
export function exampleStrategyOf(id: string): ExampleStrategy {
  const strategy = EXAMPLE_STRATEGIES.find((candidate) => candidate.id === id);
  if (strategy !== undefined) return strategy;
  const ids = EXAMPLE_STRATEGIES.map((known) => known.id);
  throw new ToolkitError(
    `examples cannot be chosen by ${quoteName(id)}`,
    'USAGE',
    `${didYouMean(id.slice(0, 40), ids) ?? ''} Ways to choose: ${ids.join(', ')}.`.trim(),
  );
}

/** What examples are asked for. */
export interface ChooseExamplesOptions extends ExampleRequest {
  /** Id of one of {@link EXAMPLE_STRATEGIES}. */
  readonly strategy: string;
  readonly count: number;
}

/**
 * Chooses examples for a prompt, in the order of the strategy: the first is kept longest where the window is short. None
 * asks the same as the row that is asked about, nor as a row that is measured on (the pool sees to that).
 *
 * @throws ToolkitError `USAGE` for an unknown strategy, or where the pool has fewer examples than that
 */
export async function chooseExamples({ strategy, count, ...request }: ChooseExamplesOptions): Promise<Row[]> {
  const { pool, row } = request;
  const chosen = exampleStrategyOf(strategy);
  if (count === 0) return [];
  const own = pool.hash(row);
  const usable = (await chosen.rank(request)).filter((index) => !pool.isSame(index, own));
  if (usable.length >= count) return usable.slice(0, count).map((index) => pool.rows[index]!);
  const reasons = [
    ...(pool.fromEvaluation > 0 ? [`${pool.fromEvaluation} are among the rows that are measured on`] : []),
    ...(pool.repeated > 0 ? [`${pool.repeated} say the same as another`] : []),
  ];
  throw new ToolkitError(
    `${count} examples are asked for, and there are ${usable.length} to choose from${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
    'USAGE',
    'Ask for fewer with --shots (0 for none), or give more rows that are not measured on, such as a train part in the same folder.',
  );
}
