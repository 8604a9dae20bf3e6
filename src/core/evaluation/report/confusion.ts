import type { EvaluationSample } from '../evaluation-result.js';
import { wantedAnswer, type Verdict } from './verdict.js';

/** Classes that a table still shows legibly; the rarer ones are counted together. */
const MOST_CLASSES = 24;
const OTHERS = '(any other)';

/** How often what was wanted met what was predicted. */
export interface Confusion {
  /** Whether classes are texts, or places in rows whose choices differ. */
  readonly by: 'answer' | 'place';
  /** Names of the rows, what was wanted, and of the columns, what was predicted. */
  readonly wanted: readonly string[];
  readonly predicted: readonly string[];
  /** Rows × columns. */
  readonly counts: readonly (readonly number[])[];
  /** Row and column of every sample, in their order. */
  readonly cells: readonly (readonly [wanted: number, predicted: number])[];
}

function placeOf(text: string, { choices }: EvaluationSample): string {
  const place = (choices ?? []).findIndex((choice) => choice.text === text);
  return place < 0 ? OTHERS : `choice ${place + 1}`;
}

/** True where all rows offer the same choices, or none offers any: then their texts are the classes. */
function choicesAreShared(samples: readonly EvaluationSample[]): boolean {
  const list = ({ choices }: EvaluationSample): string =>
    JSON.stringify(choices?.map(({ text }) => text).sort() ?? null);
  const first = samples[0] === undefined ? '' : list(samples[0]);
  return samples.every((sample) => list(sample) === first);
}

/**
 * Counts of what was wanted against what was predicted. Rows whose choices differ, as the answers of an exam do, are
 * counted by the place of the choice, which shows a model that prefers the first.
 */
export function confusion(samples: readonly EvaluationSample[], verdict: Verdict | null): Confusion {
  const by = choicesAreShared(samples) ? 'answer' : 'place';
  const pairs = samples.map((sample) => {
    const wanted = wantedAnswer(sample);
    return by === 'answer'
      ? { wanted, predicted: sample.prediction }
      : { wanted: placeOf(wanted, sample), predicted: placeOf(sample.prediction, sample) };
  });
  const offered = by === 'answer' ? (samples[0]?.choices ?? []) : [];
  const frequencies = new Map(offered.map(({ text }) => [text, 0]));
  for (const { wanted } of pairs) frequencies.set(wanted, (frequencies.get(wanted) ?? 0) + 1);
  const classes = [...frequencies]
    .sort(([, first], [, second]) => second - first)
    .slice(0, MOST_CLASSES)
    .map(([name]) => name)
    .sort((first, second) => first.localeCompare(second, 'en', { numeric: true }));

  const indices = new Map(classes.map((name, index) => [name, index]));
  const cells = pairs.map(({ wanted, predicted }, place) => {
    const row = indices.get(wanted) ?? classes.length;
    // What is no class as it stands may be one after the normalization by which it was scored.
    const isRight = verdict?.isRight(samples[place]!) === true;
    return [row, indices.get(predicted) ?? (isRight ? row : classes.length)] as const;
  });
  const names = (used: readonly number[]): string[] =>
    used.includes(classes.length) ? [...classes, OTHERS] : classes;
  const wanted = names(cells.map(([row]) => row));
  const predicted = names(cells.map(([, column]) => column));
  const counts = wanted.map(() => predicted.map(() => 0));
  for (const [row, column] of cells) counts[row]![column]!++;
  return { by, wanted, predicted, counts, cells };
}
