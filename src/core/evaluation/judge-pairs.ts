import { judgeWinRate } from '../metrics/judge-win-rate.js';
import { parseVerdict, settleVerdicts, withoutMark } from '../metrics/judgement/verdict.js';
import type { JudgementRow, Verdict } from '../metrics/metric.js';
import type { RequestOptions } from '../providers/run-requests.js';
import { bootstrapInterval } from '../statistics/bootstrap-interval.js';
import { mcNemar, type McNemarTest } from '../statistics/mcnemar.js';
import type { EvaluationSample, JudgeFacts } from './evaluation-result.js';
import { askJudge, type Judge, type JudgedTexts } from './judge.js';
import { CONFIDENCE } from './score-samples.js';

/** One reply of a judge that compares. */
export interface PairVerdict {
  /** `null` where the reply ends with no verdict. */
  readonly better: 'a' | 'b' | 'neither' | null;
  /** The reply without the verdict. */
  readonly reason: string;
}

/** One row as it was judged. */
export interface JudgedPair {
  /** Place in A's dataset. */
  readonly index: number;
  readonly row_hash: string;
  /** Of B; `null` where a reply could not be read. */
  readonly outcome: 'win' | 'loss' | 'tie' | null;
  /** Asked with A's answer first, and with B's; `null` where the answers are equal, which needs no judge. */
  readonly a_first: PairVerdict | null;
  readonly b_first: PairVerdict | null;
}

/** What a judge thinks of B's answers beside A's. */
export interface PairwiseJudgement {
  readonly judge: JudgeFacts;
  /** Rows that both have; wins, ties, losses and those whose replies could not be read add up to it. */
  readonly rows: number;
  /** Rows on which B is better in both orders. */
  readonly wins: number;
  readonly losses: number;
  /** Rows on which the judge says that neither is better, contradicts itself, or has equal answers. */
  readonly ties: number;
  readonly unreadable_rows: number;
  readonly equal_answers: number;
  /** (wins + ties / 2) / rows that could be read; `null` where there is none. */
  readonly win_rate: {
    readonly value: number;
    readonly low: number | null;
    readonly high: number | null;
  } | null;
  readonly confidence: number;
  /** Whether wins and losses differ by more than chance. */
  readonly sign_test: McNemarTest;
  /** Whether the judge prefers a place: rows on which it names the same place in both orders. */
  readonly position_bias: {
    readonly first: number;
    readonly second: number;
    readonly sign_test: McNemarTest;
  };
  readonly pairs: readonly JudgedPair[];
}

/** Which evaluation a place in the prompt belongs to. */
const NAMES = {
  a_first: { first: 'a', second: 'b', tie: 'neither' },
  b_first: { first: 'b', second: 'a', tie: 'neither' },
} as const;

type Order = keyof typeof NAMES;

function shownTexts([a, b]: readonly [EvaluationSample, EvaluationSample], order: Order): JudgedTexts {
  const [first, second] = order === 'a_first' ? [a, b] : [b, a];
  return {
    question: a.prompt,
    references: a.targets,
    first: first.prediction,
    second: second.prediction,
  };
}

/**
 * Has a judge compare the answers of two evaluations, each pair in both orders, as judges favour a place. B wins a row
 * only where both verdicts name it; contradicting ones make a tie (Zheng et al. 2023, arXiv 2306.05685, section 3.4).
 *
 * @param pairs rows that both evaluations have; at least one
 * @param seed of the bootstrap
 * @throws ToolkitError of the first request that fails
 */
export async function judgePairs(
  pairs: readonly (readonly [EvaluationSample, EvaluationSample])[],
  judge: Judge,
  { seed, requests }: { readonly seed: number; readonly requests: RequestOptions },
): Promise<PairwiseJudgement> {
  const different = pairs.filter(([a, b]) => a.prediction !== b.prediction);
  const orders = Object.keys(NAMES) as Order[];
  const { replies, facts } = await askJudge(
    judge,
    different.flatMap((pair) => orders.map((order) => shownTexts(pair, order))),
    requests,
  );
  const verdicts = replies.map(parseVerdict);
  const [equal, judged]: [JudgementRow, JudgementRow[]] = [
    { testedFirst: 'tie', testedSecond: 'tie' },
    different.map((_, place) => ({
      testedFirst: verdicts[2 * place + 1],
      testedSecond: verdicts[2 * place],
    })),
  ];
  const placeOf = new Map(different.map((pair, place) => [pair, place]));
  const rows = pairs.map((pair) => {
    const place = placeOf.get(pair);
    return place === undefined ? equal : judged[place]!;
  });
  const outcomes = rows.map(settleVerdicts);
  const count = (outcome: (typeof outcomes)[number]): number =>
    outcomes.filter((one) => one === outcome).length;
  const [wins, losses] = [count('win'), count('loss')];
  const samePlace = (place: Verdict): number =>
    judged.filter(({ testedFirst, testedSecond }) => testedFirst === place && testedSecond === place).length;
  const position = { first: samePlace('first'), second: samePlace('second') };
  const verdictOf = (place: number, order: Order): PairVerdict => {
    const at = 2 * place + orders.indexOf(order);
    const verdict = verdicts[at];
    return verdict === undefined
      ? { better: null, reason: replies[at]!.trim() }
      : { better: NAMES[order][verdict], reason: withoutMark(replies[at]!) };
  };
  return {
    judge: { ...facts, unreadable: verdicts.filter((verdict) => verdict === undefined).length },
    rows: pairs.length,
    ...{ wins, losses, ties: count('tie'), unreadable_rows: count(undefined) },
    equal_answers: pairs.length - different.length,
    win_rate: winRate(
      rows.filter((_, row) => outcomes[row] !== undefined),
      seed,
    ),
    confidence: CONFIDENCE,
    sign_test: mcNemar(wins, losses),
    position_bias: { ...position, sign_test: mcNemar(position.first, position.second) },
    pairs: pairs.map((pair, row) => {
      const place = placeOf.get(pair);
      const of = (order: Order): PairVerdict | null => (place === undefined ? null : verdictOf(place, order));
      return {
        ...{ index: pair[0].index, row_hash: pair[0].row_hash, outcome: outcomes[row] ?? null },
        ...{ a_first: of('a_first'), b_first: of('b_first') },
      };
    }),
  };
}

function winRate(rows: readonly JudgementRow[], seed: number): PairwiseJudgement['win_rate'] {
  if (rows.length === 0) return null;
  const statistics = rows.map((row) => judgeWinRate.statistic(row));
  if (rows.length === 1) {
    return { value: judgeWinRate.aggregate(statistics)['judge_win_rate']!, low: null, high: null };
  }
  const { value, lower, upper } = bootstrapInterval(judgeWinRate, statistics, { seed })['judge_win_rate']!;
  return { value, low: lower, high: upper };
}
