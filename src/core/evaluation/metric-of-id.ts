import { METRICS } from '../metrics/index.js';
import type { Metric } from '../metrics/metric.js';
import { passAtKWith } from '../metrics/pass-at-k.js';
import { CHOICE_METRICS } from './choice-metrics.js';

/** The metric that results have under an id; `undefined` where none is known. */
export function metricOfId(id: string): Metric | undefined {
  const tries = /^pass@([1-9]\d{0,3})$/.exec(id)?.[1];
  if (tries !== undefined) return passAtKWith(Number(tries)) as Metric;
  return METRICS.get(id) ?? (CHOICE_METRICS.find((metric) => metric.id === id) as Metric | undefined);
}
