import { ratio } from './labels/label-scores.js';
import { mean } from './text/mean.js';
import type { Metric } from './metric.js';

/** Lowest and highest rating of the rubric. */
export const RATINGS = { lowest: 1, highest: 5 } as const;

/** What a judge thinks of answers, by a rubric. A reply without a rating is counted, and says nothing of its answer. */
export const judge: Metric<'rating', number | undefined> = {
  id: 'judge',
  name: 'Rating by a judge, 1 to 5',
  needs: 'rating',
  formula: 'mean of the ratings; and rows whose reply held no rating / rows',
  source: 'Zheng et al. 2023, arXiv 2306.05685, section 3.1 (single answer grading), on five points',
  higherIsBetter: true,
  range: [RATINGS.lowest, RATINGS.highest],
  statistic: ({ rating }) => rating,
  aggregate(ratings) {
    const read = ratings.filter((rating) => rating !== undefined);
    return {
      judge_rating: read.length === 0 ? NaN : mean(read),
      judge_unreadable: ratio(ratings.length - read.length, ratings.length),
    };
  },
  examples: [
    {
      rows: [{ rating: 5 }, { rating: 2 }, { rating: 4 }, { rating: 4 }],
      values: { judge_rating: 3.75, judge_unreadable: 0 },
      source: 'by hand: 15 / 4',
    },
  ],
};
