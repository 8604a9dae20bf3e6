import { ToolkitError } from '../errors/toolkit-error.js';
import { THRESHOLDS } from '../scope/plan-rules.js';
import { SOURCES } from '../scope/plan-sources.js';

/** What was measured with a number of examples in the prompt. */
export interface ShotsPoint {
  readonly shots: number;
  /** Higher is better. */
  readonly score: number;
  /** Ends of the score's confidence interval. */
  readonly low: number;
  readonly high: number;
  /** Tokens of a prompt on average; `null` where nobody counted them. */
  readonly tokens: number | null;
}

/** Ends of an interval. */
interface Ends {
  readonly low: number;
  readonly high: number;
}

/** What is known beside the scores. */
export interface ShotsEvidence {
  /** The score that is needed, where one is. */
  readonly bar?: number | undefined;
  /** Rows that the scores are of: how little an interval without width says. */
  readonly rows?: number | undefined;
  /** From the metric's least value to its greatest; default 1. */
  readonly range?: number | undefined;
  /**
   * Interval of how much more the first point scores than the second. Default: what their intervals leave open; a
   * comparison on the same rows is narrower, for what is hard for both does not count.
   */
  readonly difference?: ((first: ShotsPoint, second: ShotsPoint) => Ends) | undefined;
}

/** What to do next. */
export type ShotsVerdict = 'enough' | 'add-examples' | 'measure-more' | 'fine-tune';

/** Whether prompting still pays. */
export interface ShotsJudgement {
  readonly verdict: ShotsVerdict;
  /** Id of the rule that says so. */
  readonly rule: string;
  /** Examples to prompt with as things stand: the fewest that are not measurably worse than the best. */
  readonly shots: number;
  readonly sentence: string;
  readonly reason: string;
  readonly source: string;
}

/** The curve, seen from its ends. */
interface Curve {
  readonly points: readonly ShotsPoint[];
  readonly fewest: ShotsPoint;
  readonly most: ShotsPoint;
  readonly best: ShotsPoint;
  /** The fewest examples that are not measurably worse than the best. */
  readonly sufficient: ShotsPoint;
  /** The fewest examples that are sure to reach the bar. */
  readonly reaching: ShotsPoint | undefined;
  readonly bar: number | undefined;
  /** Interval of how much more the first point scores than the second. */
  readonly difference: (first: ShotsPoint, second: ShotsPoint) => Ends;
  /** Gain that would be worth having. */
  readonly worthwhile: number;
}

interface ShotsRule {
  readonly id: string;
  readonly when: (curve: Curve) => boolean;
  readonly verdict: ShotsVerdict;
  readonly shots: (curve: Curve) => ShotsPoint;
  readonly sentence: (curve: Curve) => string;
  readonly reason: (curve: Curve) => string;
  readonly source: string;
}

const INTERVALS =
  'two scores differ for sure where the confidence interval of their difference is on one side of 0';

/** Gain below which nobody misses it, as a share of the metric's range: five points of a hundred. */
const WORTHWHILE_GAIN = 0.05;

/** Where n rows all came out alike, up to this over n of others may not, at 95 % (Hanley and Lippman-Hand 1983). */
const RULE_OF_THREE = 3;

const examples = (count: number): string => `${count} ${count === 1 ? 'example' : 'examples'}`;
const written = (value: number): string => String(Number(value.toPrecision(4)));
const scoreOf = ({ score, low, high }: ShotsPoint): string =>
  `${written(score)} (${written(low)} to ${written(high)})`;
const isBetter = ({ difference }: Curve, a: ShotsPoint, b: ShotsPoint): boolean => difference(a, b).low > 0;
/** What the examples of a point add to the tokens of a prompt, as the end of a sentence. */
const price = ({ most, fewest }: Curve): string =>
  most.tokens === null || fewest.tokens === null
    ? ''
    : `; ${examples(most.shots)} make a prompt of ${Math.round(most.tokens)} tokens, against ${Math.round(fewest.tokens)} with ${fewest.shots}`;
/** How far apart two scores may be, in a clause. */
const gap = ({ difference }: Curve, a: ShotsPoint, b: ShotsPoint): string => {
  const { low, high } = difference(a, b);
  return `${scoreOf(a)} with ${a.shots} against ${scoreOf(b)} with ${b.shots}: the difference is between ${written(low)} and ${written(high)}`;
};

/** The point that may score highest above the sufficient one, where that may be a gain worth having. */
const mayGain = ({ points, sufficient, difference, worthwhile }: Curve): ShotsPoint | undefined => {
  const gainOf = (point: ShotsPoint): number => difference(point, sufficient).high;
  return points
    .filter((point) => point.shots > sufficient.shots && gainOf(point) > worthwhile)
    .sort((a, b) => gainOf(b) - gainOf(a))[0];
};

/** What the curve says, the first rule that applies. */
const RULES: readonly ShotsRule[] = [
  {
    id: 'bar-reached',
    when: ({ reaching }) => reaching !== undefined,
    verdict: 'enough',
    shots: ({ reaching }) => reaching!,
    sentence: ({ reaching, bar }) =>
      `Prompting is enough: ${examples(reaching!.shots)} reach the bar of ${written(bar!)}.`,
    reason: ({ reaching }) => `The whole interval lies at or above it: ${scoreOf(reaching!)}.`,
    source: SOURCES.lifecycle,
  },
  {
    id: 'too-few-points',
    when: ({ points }) => points.length < 2,
    verdict: 'measure-more',
    shots: ({ best }) => best,
    sentence: ({ most }) => `One point is no curve: measure with other numbers than ${examples(most.shots)}.`,
    reason: () =>
      `Whether examples pay is seen by comparing, for instance 0, 1, 3 and ${THRESHOLDS.fewShot}.`,
    source: SOURCES.prompting,
  },
  {
    id: 'examples-hurt',
    when: (curve) => curve.points.some((point) => isBetter(curve, point, curve.most)),
    verdict: 'fine-tune',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ sufficient }) =>
      `More examples make it worse: stay at ${examples(sufficient.shots)}, and fine-tune for a better score.`,
    reason: (curve) => `${gap(curve, curve.most, curve.best)}.`,
    source: INTERVALS,
  },
  {
    id: 'rising-at-a-price',
    when: (curve) =>
      curve.most.shots >= THRESHOLDS.fewShot - 1 && isBetter(curve, curve.most, curve.points.at(-2)!),
    verdict: 'fine-tune',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ most, bar }) =>
      `${examples(most.shots)} still help${bar === undefined ? '' : `, short of the bar of ${written(bar)}`}, and are read at every request: fine-tune on such examples instead.`,
    reason: (curve) => `${gap(curve, curve.most, curve.points.at(-2)!)}${price(curve)}.`,
    source: SOURCES.fewShot,
  },
  {
    id: 'too-few-rows',
    when: (curve) => curve.most.shots >= THRESHOLDS.fewShot - 1 && mayGain(curve) !== undefined,
    verdict: 'measure-more',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ sufficient }) =>
      `Whether more than ${examples(sufficient.shots)} pay cannot be told from so few rows: measure on more.`,
    reason: (curve) => `${gap(curve, mayGain(curve)!, curve.sufficient)}.`,
    source: INTERVALS,
  },
  {
    id: 'enough-tried',
    when: ({ most }) => most.shots >= THRESHOLDS.fewShot - 1,
    verdict: 'fine-tune',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ sufficient, bar }) =>
      `Prompting has stopped paying${bar === undefined ? '' : ` short of the bar of ${written(bar)}`}: prompt with ${examples(sufficient.shots)}, and fine-tune for a better score.`,
    reason: (curve) =>
      curve.sufficient.shots < curve.most.shots
        ? `${gap(curve, curve.most, curve.sufficient)}${price(curve)}.`
        : `Five or six examples are as many as help as a rule${price(curve)}.`,
    source: SOURCES.fewShot,
  },
  {
    id: 'still-rising',
    when: (curve) => isBetter(curve, curve.most, curve.fewest),
    verdict: 'add-examples',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ most }) =>
      `Examples pay: try more than ${most.shots}, up to ${THRESHOLDS.fewShot}, before fine-tuning.`,
    reason: (curve) => `${gap(curve, curve.most, curve.fewest)}.`,
    source: SOURCES.fewShot,
  },
  {
    id: 'not-known-yet',
    when: () => true,
    verdict: 'measure-more',
    shots: ({ sufficient }) => sufficient,
    sentence: () =>
      `Whether examples pay is not known yet: measure with up to ${THRESHOLDS.fewShot} of them, or on more rows.`,
    reason: (curve) => `${gap(curve, curve.most, curve.fewest)}.`,
    source: INTERVALS,
  },
];

/** An interval without width comes of rows that are all alike, and is as wide as that leaves open. */
function widened({ low, high }: Ends, rows: number | undefined, range: number): Ends {
  if (rows === undefined || low !== high) return { low, high };
  const open = (RULE_OF_THREE / rows) * range;
  return { low: low - open, high: high + open };
}

/**
 * Says whether more examples in the prompt still pay.
 *
 * @param measured in any order, one point for each number of examples
 * @throws ToolkitError `USAGE` for no points, two of one number of examples, or an interval that does not hold its score
 */
export function judgeShots(measured: readonly ShotsPoint[], evidence: ShotsEvidence = {}): ShotsJudgement {
  const { bar, rows, range = 1 } = evidence;
  const measuredDifference =
    evidence.difference ?? ((a, b) => ({ low: a.low - b.high, high: a.high - b.low }));
  const difference: Curve['difference'] = (a, b) => widened(measuredDifference(a, b), rows, range);
  const isBeyond = (a: ShotsPoint, b: ShotsPoint): boolean => difference(a, b).low > 0;
  const points = [...measured].sort((a, b) => a.shots - b.shots);
  for (const [index, { shots, score, low, high }] of points.entries()) {
    if (points[index + 1]?.shots === shots) {
      throw new ToolkitError(`two scores are of ${examples(shots)}`, 'USAGE', 'Give one for each number.');
    }
    if (!(low <= score && score <= high)) {
      throw new ToolkitError(
        `the score with ${examples(shots)}, ${score}, is not within its interval from ${low} to ${high}`,
        'USAGE',
        'Give finite numbers, low to high.',
      );
    }
  }
  const [fewest] = points;
  const most = points.at(-1);
  if (fewest === undefined || most === undefined) {
    throw new ToolkitError('there are no scores to judge', 'USAGE', 'Measure with 0 examples and with some.');
  }
  const best = points.reduce((leader, point) => (point.score > leader.score ? point : leader));
  const sufficient = points.find((point) => point === best || !isBeyond(best, point)) ?? best;
  const reaching =
    bar === undefined ? undefined : points.find((point) => widened(point, rows, range).low >= bar);
  const worthwhile = WORTHWHILE_GAIN * range;
  const curve: Curve = { points, fewest, most, best, sufficient, reaching, bar, difference, worthwhile };
  const rule = RULES.find(({ when }) => when(curve))!;
  return {
    ...{ verdict: rule.verdict, rule: rule.id, source: rule.source },
    shots: rule.shots(curve).shots,
    sentence: rule.sentence(curve),
    reason: rule.reason(curve),
  };
}
