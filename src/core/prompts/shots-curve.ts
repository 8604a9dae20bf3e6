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
  /** Tokens of a prompt on average. */
  readonly tokens: number;
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
  /** The fewest examples whose interval reaches the best score's. */
  readonly sufficient: ShotsPoint;
  /** The fewest examples that are sure to reach the bar. */
  readonly reaching: ShotsPoint | undefined;
  readonly bar: number | undefined;
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

const INTERVALS = 'two scores differ for sure where their confidence intervals do not overlap';

const examples = (count: number): string => `${count} ${count === 1 ? 'example' : 'examples'}`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const written = (value: number): string => String(Number(value.toPrecision(4)));
const scoreOf = ({ score, low, high }: ShotsPoint): string =>
  `${written(score)} (${written(low)} to ${written(high)})`;
const isBetter = (a: ShotsPoint, b: ShotsPoint): boolean => a.low > b.high;
/** What the examples of a point add to the tokens of a prompt. */
const price = ({ most, fewest }: Curve): string =>
  `${examples(most.shots)} make a prompt of ${Math.round(most.tokens)} tokens, against ${Math.round(fewest.tokens)} with ${fewest.shots}`;

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
    when: ({ points, most }) => points.some((point) => isBetter(point, most)),
    verdict: 'fine-tune',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ sufficient }) =>
      `More examples make it worse: stay at ${examples(sufficient.shots)}, and fine-tune for a better score.`,
    reason: ({ best, most }) =>
      `${scoreOf(most)} with ${most.shots} lies below ${scoreOf(best)} with ${best.shots}.`,
    source: INTERVALS,
  },
  {
    id: 'rising-at-a-price',
    when: ({ points, most }) => most.shots >= THRESHOLDS.fewShot - 1 && isBetter(most, points.at(-2)!),
    verdict: 'fine-tune',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ most, bar }) =>
      `${examples(most.shots)} still help${bar === undefined ? '' : `, short of the bar of ${written(bar)}`}, and are read at every request: fine-tune on such examples instead.`,
    reason: (curve) => `${scoreOf(curve.most)} with ${curve.most.shots}; ${price(curve)}.`,
    source: SOURCES.fewShot,
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
        ? `${scoreOf(curve.most)} with ${curve.most.shots} cannot be told from ${scoreOf(curve.sufficient)} with ${curve.sufficient.shots}; ${price(curve)}.`
        : `Five or six examples are as many as help as a rule; ${price(curve)}, at every request.`,
    source: SOURCES.fewShot,
  },
  {
    id: 'still-rising',
    when: ({ most, fewest }) => isBetter(most, fewest),
    verdict: 'add-examples',
    shots: ({ sufficient }) => sufficient,
    sentence: ({ most }) =>
      `Examples pay: try more than ${most.shots}, up to ${THRESHOLDS.fewShot}, before fine-tuning.`,
    reason: ({ most, fewest }) =>
      `${scoreOf(most)} with ${most.shots} lies above ${scoreOf(fewest)} with ${fewest.shots}.`,
    source: SOURCES.fewShot,
  },
  {
    id: 'not-known-yet',
    when: () => true,
    verdict: 'measure-more',
    shots: ({ sufficient }) => sufficient,
    sentence: () =>
      `Whether examples pay is not known yet: measure with up to ${THRESHOLDS.fewShot} of them, or on more rows.`,
    reason: ({ most, fewest }) =>
      `The intervals of ${scoreOf(most)} with ${most.shots} and ${scoreOf(fewest)} with ${fewest.shots} overlap, by ${percentOfOverlap(most, fewest)} of the narrower one.`,
    source: INTERVALS,
  },
];

function percentOfOverlap(a: ShotsPoint, b: ShotsPoint): string {
  const narrower = Math.min(a.high - a.low, b.high - b.low);
  const overlap = Math.min(a.high, b.high) - Math.max(a.low, b.low);
  return percent(narrower > 0 ? overlap / narrower : 1);
}

/**
 * Says whether more examples in the prompt still pay.
 *
 * @param measured in any order, one point for each number of examples
 * @param bar the score that is needed, where one is
 * @throws ToolkitError `USAGE` for no points, two of one number of examples, or an interval that does not hold its score
 */
export function judgeShots(measured: readonly ShotsPoint[], bar?: number): ShotsJudgement {
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
  const sufficient = points.find((point) => !isBetter(best, point)) ?? best;
  const reaching = bar === undefined ? undefined : points.find(({ low }) => low >= bar);
  const curve: Curve = { points, fewest, most, best, sufficient, reaching, bar };
  const rule = RULES.find(({ when }) => when(curve))!;
  return {
    ...{ verdict: rule.verdict, rule: rule.id, source: rule.source },
    shots: rule.shots(curve).shots,
    sentence: rule.sentence(curve),
    reason: rule.reason(curve),
  };
}
