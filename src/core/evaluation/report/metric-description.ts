import { metricOfId } from '../metric-of-id.js';

/** What a metric's key in results stands for. */
export interface MetricDescription {
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** Smallest and largest value that its formula allows; `null` where there is none, or where it is not known. */
  readonly range: readonly [number | null, number | null];
}

/** `f1_micro` → `F1 micro`. */
function inWords(valueName: string): string {
  const words = valueName.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * A metric by its key in results, `<id>`, `<id>/<name of a further value>` or either with the filter of the answers after
 * it; unknown ones go by their key.
 */
export function describeMetric(key: string): MetricDescription {
  const [id = key, ...rest] = key.split('/');
  const metric = metricOfId(id);
  if (metric === undefined) return { name: key, higherIsBetter: true, range: [null, null] };
  const isFurtherValue = Object.hasOwn(metric.examples[0]?.values ?? {}, rest[0] ?? '');
  const name = isFurtherValue ? inWords(rest.shift()!) : metric.name;
  return {
    name: rest.length === 0 ? name : `${name}, ${rest.join('/')}`,
    higherIsBetter: metric.higherIsBetter,
    range: metric.range,
  };
}
