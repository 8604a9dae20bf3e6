import type { Metric, MetricRows } from '../metrics/metric.js';
import { Random } from '../training/random.js';
import { checkConfidence, middleInterval, type Interval } from './interval.js';

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  /** Samples drawn; 1,000 unless told otherwise. */
  readonly samples?: number;
  /** Such as 0.95, which is the default. */
  readonly confidence?: number;
  /** Equal seeds give equal intervals; 0 unless told otherwise. */
  readonly seed?: number;
}

/** Ends of a 95 % interval from 1,000 samples vary by a few hundredths of its width. */
export const BOOTSTRAP_DEFAULTS = { samples: 1000, confidence: 0.95, seed: 0 } as const;

/** A metric's value with the interval that it lies in. */
export interface MeasuredValue extends Interval {
  readonly value: number;
}

/** Rows drawn with putting back, as many as there are, by index; the array is written over. */
export function drawRows(random: Random, rows: Int32Array): void {
  for (let index = 0; index < rows.length; index++) rows[index] = random.integer(rows.length);
}

/** @throws RangeError for settings, rows or a metric that no bootstrap can be drawn with */
export function checkBootstrap(
  { id, allowsBootstrap }: Pick<Metric, 'id' | 'allowsBootstrap'>,
  { samples, confidence }: Required<BootstrapOptions>,
  rows: number,
): void {
  if (allowsBootstrap === false) throw new RangeError(`${id} is changed by drawing rows twice`);
  if (!Number.isInteger(samples) || samples < 1) throw new RangeError(`${samples} samples`);
  if (rows < 1) throw new RangeError('no rows to draw from');
  checkConfidence(confidence);
}

/**
 * Makes ready to aggregate a metric over drawn rows many times.
 *
 * Of a metric that is a mean, each row's values are computed once and only added up again: the same to the bit, without
 * gathering statistics from all over memory for every draw.
 */
export function aggregateDrawn<Kind extends keyof MetricRows, Statistic>(
  metric: Metric<Kind, Statistic>,
  statistics: readonly Statistic[],
): (rows: Int32Array) => Readonly<Record<string, number>> {
  if (metric.isMean !== true) return (rows) => metric.aggregate(Array.from(rows, (row) => statistics[row]!));
  const own = statistics.map((statistic) => metric.aggregate([statistic]));
  const columns = Object.keys(own[0]!).map(
    (key) => [key, Float64Array.from(own, (values) => values[key]!)] as const,
  );
  return (rows) => {
    const values: Record<string, number> = {};
    for (const [key, column] of columns) {
      let sum = 0;
      for (let index = 0; index < rows.length; index++) sum += column[rows[index]!]!;
      values[key] = sum / rows.length;
    }
    return values;
  };
}

/**
 * How far a metric's values may be from what more rows of the same kind would show: the rows are drawn again and again
 * with putting back, and the middle part of the values is the interval (percentile bootstrap, Efron 1979). It speaks of
 * the choice of rows alone, not of the model's own chance.
 *
 * @param statistics what the metric made of each row
 * @returns each of the metric's values, by name, in the metric's order
 * @throws RangeError for no rows, settings out of range, or a metric that allows no bootstrap
 */
export function bootstrapInterval<Kind extends keyof MetricRows, Statistic>(
  metric: Metric<Kind, Statistic>,
  statistics: readonly Statistic[],
  options: BootstrapOptions = {},
): Record<string, MeasuredValue> {
  const settings = { ...BOOTSTRAP_DEFAULTS, ...options };
  checkBootstrap(metric, settings, statistics.length);
  const values = metric.aggregate(statistics);
  const drawn = Object.fromEntries(
    Object.keys(values).map((key) => [key, new Float64Array(settings.samples)]),
  );
  const aggregate = aggregateDrawn(metric, statistics);
  const random = new Random(settings.seed);
  const rows = new Int32Array(statistics.length);
  for (let sample = 0; sample < settings.samples; sample++) {
    drawRows(random, rows);
    const again = aggregate(rows);
    for (const [key, samples] of Object.entries(drawn)) samples[sample] = again[key]!;
  }
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      { value, ...middleInterval(drawn[key]!.sort(), settings.confidence) },
    ]),
  );
}
