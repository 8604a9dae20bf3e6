import { mean } from './text/mean.js';
import type { Metric, SamplesRow } from './metric.js';

/** Values of k that are usual (Chen et al. 2021); those are given for which every task was tried often enough. */
const TRIES = [1, 5, 10, 100];

/** Chance that k of a task's samples, drawn without putting back, hold a right one. */
function chanceToPass({ samples, correct }: SamplesRow, k: number): number {
  if (samples - correct < k) return 1;
  // 1 - C(n - c, k) / C(n, k), as a product that cannot overflow.
  let allWrong = 1;
  for (let wrong = samples - correct; wrong < samples; wrong++) allWrong *= 1 - k / (wrong + 1);
  return 1 - allWrong;
}

/**
 * pass@k for one k, under a name of its own.
 *
 * @param k tries; every row must have as many samples at least
 */
export function passAtKWith(k: number): Metric<'samples', SamplesRow> {
  const id = `pass@${k}`;
  const example = { samples: k, correct: 1 };
  return {
    ...passAtK,
    id,
    name: id,
    aggregate: (rows) => ({ [id]: mean(rows.map((row) => chanceToPass(row, k))) }),
    examples: [
      { rows: [example], values: { [id]: 1 }, source: 'by hand: all samples are drawn, and one is right' },
    ],
  };
}

/** Share of tasks, such as programs to write, of which one of k tries passes its tests. */
export const passAtK: Metric<'samples', SamplesRow> = {
  id: 'pass-at-k',
  name: 'pass@k',
  needs: 'samples',
  formula: 'mean over rows of 1 - C(n - c, k) / C(n, k): n = samples, c = correct ones',
  source: 'Chen et al. 2021, arXiv 2107.03374, equation 1: the unbiased estimator',
  higherIsBetter: true,
  range: [0, 1],
  statistic: (row) => row,
  aggregate(rows) {
    const fewest = rows.reduce((least, { samples }) => Math.min(least, samples), Infinity);
    return Object.fromEntries(
      TRIES.filter((k) => k <= fewest).map((k) => [
        `pass@${k}`,
        mean(rows.map((row) => chanceToPass(row, k))),
      ]),
    );
  },
  examples: [
    {
      rows: [
        { samples: 5, correct: 2 },
        { samples: 5, correct: 0 },
      ],
      values: { 'pass@1': 0.2, 'pass@5': 0.5 },
      source: 'by hand: (2/5 + 0) / 2; of all five, the first task has a right one',
    },
    {
      rows: [{ samples: 10, correct: 3 }],
      values: { 'pass@1': 0.3, 'pass@5': 1 - 21 / 252, 'pass@10': 1 },
      source: 'by hand: C(7, 5) = 21 of C(10, 5) = 252 draws hold no right one',
    },
  ],
};
