import type { Metric } from '../metrics/metric.js';
import type { PairedComparison } from './paired-bootstrap.js';

/** How a difference is told: shares and scores out of 100 in points, others as they are. */
interface Scale {
  readonly factor: number;
  readonly unit: string;
}

function scaleOf({ range: [, most] }: Pick<Metric, 'range'>): Scale {
  if (most === 1) return { factor: 100, unit: ' points' };
  return { factor: 1, unit: most === 100 ? ' points' : '' };
}

/** Numbers in one sentence have as many decimals, enough for two digits of the widest. */
function decimalsFor(values: readonly number[]): number {
  const largest = Math.max(...values.map(Math.abs));
  return largest === 0 ? 1 : Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(largest))));
}

function withThousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * A comparison in one plain sentence: which is better, by how much, and how sure that is; or that the rows do not tell,
 * when the interval holds 0.
 *
 * @param names what the two models are called, in the order of the comparison
 */
export function describeComparison(
  metric: Pick<Metric, 'name' | 'range' | 'higherIsBetter'>,
  names: { readonly a: string; readonly b: string },
  comparison: PairedComparison,
): string {
  const { a, b, difference, lower, upper, confidence, pValue, rows } = comparison;
  const { factor, unit } = scaleOf(metric);
  const decimals = decimalsFor([difference, lower, upper].map((value) => value * factor));
  const text = (value: number): string =>
    (value * factor)
      .toFixed(decimals)
      .replace(/^-(?=0\.?0*$)/, '')
      .replace('-', '−');
  const percent = `${Number((100 * confidence).toFixed(4))} %`;
  const sample = `${withThousands(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  const values = `${metric.name} ${text(a)} and ${text(b)}`;
  if (lower <= 0 && upper >= 0) {
    const signed = `${difference > 0 ? '+' : ''}${text(difference)}${unit}`;
    return `No difference can be told between ${names.a} and ${names.b} (${values}): ${signed}, ${percent} ${text(lower)} to ${text(upper)}; ${sample}, ${pValueText(pValue)}.`;
  }
  const better = difference > 0 === metric.higherIsBetter ? names.b : names.a;
  const ends = [Math.abs(lower), Math.abs(upper)].sort((x, y) => x - y).map(text);
  return `${better} is better by ${text(Math.abs(difference))}${unit}, ${percent} ${ends.join('–')} (${values}); ${sample}, ${pValueText(pValue)}.`;
}

/** Smaller p values than this are told as such: a bootstrap cannot tell them apart. */
const SMALLEST_P_VALUE = 0.001;

function pValueText(pValue: number): string {
  return pValue < SMALLEST_P_VALUE ? `p < ${SMALLEST_P_VALUE}` : `p = ${Number(pValue.toPrecision(2))}`;
}
