import type { Metric, MetricRows } from '../metrics/metric.js';
import { Random } from '../training/random.js';
import {
  aggregateDrawn,
  BOOTSTRAP_DEFAULTS,
  checkBootstrap,
  drawRows,
  type BootstrapOptions,
} from './bootstrap-interval.js';
import { middleInterval, type Interval } from './interval.js';

/** Two models on the same rows. The interval is that of the difference, `b` - `a`. */
export interface PairedComparison extends Interval {
  readonly a: number;
  readonly b: number;
  readonly difference: number;
  readonly confidence: number;
  /** How often chance alone would make a difference as large, on either side. */
  readonly pValue: number;
  readonly rows: number;
}

/**
 * Whether one model is better than another by a metric, on the same rows (Koehn 2004, W04-3250). Both are aggregated
 * over the same drawn rows, so what is hard for both does not count. For the p value the drawn differences are shifted to
 * a mean of 0 (Efron and Tibshirani 1993, chapter 16; Riezler and Maxwell 2005, W05-0908): (1 + samples as far from 0
 * as the difference observed) / (1 + samples). sacreBLEU shifts after taking absolute values, which about halves p.
 *
 * @param a statistics of the first model, row by row
 * @param b statistics of the second model, on the same rows in the same order
 * @throws RangeError for rows that are not paired, no rows, settings out of range, or a metric that allows no bootstrap
 */
export function pairedBootstrap<Kind extends keyof MetricRows, Statistic>(
  metric: Metric<Kind, Statistic>,
  a: readonly Statistic[],
  b: readonly Statistic[],
  options: BootstrapOptions = {},
): PairedComparison {
  const { samples, confidence, seed } = { ...BOOTSTRAP_DEFAULTS, ...options };
  if (a.length !== b.length) throw new RangeError(`${a.length} rows beside ${b.length}`);
  checkBootstrap(metric, { samples, confidence, seed }, a.length);
  const standing = (values: Readonly<Record<string, number>>): number => Object.values(values)[0]!;
  const [valueA, valueB] = [standing(metric.aggregate(a)), standing(metric.aggregate(b))];
  const difference = valueB - valueA;

  const [drawnA, drawnB] = [aggregateDrawn(metric, a), aggregateDrawn(metric, b)];
  const random = new Random(seed);
  const rows = new Int32Array(a.length);
  const drawn = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    drawRows(random, rows);
    drawn[sample] = standing(drawnB(rows)) - standing(drawnA(rows));
  }
  const mean = drawn.reduce((sum, value) => sum + value, 0) / samples;
  const beyond = drawn.filter((value) => Math.abs(value - mean) >= Math.abs(difference)).length;
  return {
    a: valueA,
    b: valueB,
    difference,
    ...middleInterval(drawn.sort(), confidence),
    confidence,
    pValue: (beyond + 1) / (samples + 1),
    rows: a.length,
  };
}
