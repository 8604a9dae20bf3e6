import { METRICS } from '../../metrics/index.js';
import { CHOICE_METRICS } from '../choice-metrics.js';

/** What a metric's key in results stands for. */
export interface MetricDescription {
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** Smallest and largest value that its formula allows; `null` where there is none, or where it is not known. */
  readonly range: readonly [number | null, number | null];
}

/** A metric by its key in results, `<id>` or `<id>/<name of a further value>`; unknown ones go by their key. */
export function describeMetric(key: string): MetricDescription {
  const [id = key, ...rest] = key.split('/');
  const metric = METRICS.get(id) ?? CHOICE_METRICS.find((choiceMetric) => choiceMetric.id === id);
  if (metric === undefined) return { name: key, higherIsBetter: true, range: [null, null] };
  const further = rest.join('/').replaceAll('_', ' ');
  return {
    name: further === '' ? metric.name : `${metric.name}: ${further}`,
    higherIsBetter: metric.higherIsBetter,
    range: metric.range,
  };
}
