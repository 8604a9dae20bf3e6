import { settleVerdicts } from './judgement/verdict.js';
import { ratio } from './labels/label-scores.js';
import type { JudgementRow, Metric } from './metric.js';

interface Settled {
  readonly outcome: ReturnType<typeof settleVerdicts>;
  /** Whether the second verdict says the same as the first, with the order turned. */
  readonly agrees: boolean;
}

function agrees({ testedFirst, testedSecond }: JudgementRow): boolean {
  if (testedFirst === undefined) return false;
  return testedSecond === ({ first: 'second', second: 'first', tie: 'tie' } as const)[testedFirst];
}

/** How often a judge prefers the answers under test, each pair judged in both orders. Rows without a verdict are left out. */
export const judgeWinRate: Metric<'judgement', Settled> = {
  id: 'judge-win-rate',
  name: 'Win rate by a judge',
  needs: 'judgement',
  formula:
    '(wins + ties / 2) / rows with both verdicts; a win is one in both orders, verdicts that contradict each other are a tie',
  source: 'Zheng et al. 2023, arXiv 2306.05685, sections 3.4 and 4.2',
  higherIsBetter: true,
  range: [0, 1],
  statistic: (row) => ({ outcome: settleVerdicts(row), agrees: agrees(row) }),
  aggregate(rows) {
    const settled = rows.filter(({ outcome }) => outcome !== undefined);
    const share = (wanted: Settled['outcome']): number =>
      ratio(settled.filter(({ outcome }) => outcome === wanted).length, settled.length);
    return {
      judge_win_rate: share('win') + share('tie') / 2,
      judge_wins: share('win'),
      judge_ties: share('tie'),
      judge_losses: share('loss'),
      judge_consistency: ratio(settled.filter((row) => row.agrees).length, settled.length),
      judge_answered: ratio(settled.length, rows.length),
    };
  },
  examples: [
    {
      rows: [
        { testedFirst: 'first', testedSecond: 'second' },
        { testedFirst: 'first', testedSecond: 'first' },
        { testedFirst: 'tie', testedSecond: 'tie' },
        { testedFirst: 'second', testedSecond: 'first' },
        { testedFirst: 'first', testedSecond: undefined },
      ],
      values: {
        judge_win_rate: 0.5,
        judge_wins: 0.25,
        judge_ties: 0.5,
        judge_losses: 0.25,
        judge_consistency: 0.75,
        judge_answered: 0.8,
      },
      source: 'by hand: a win, a contradiction, a tie, a loss; the fifth has one verdict only',
    },
  ],
};
