import { formatFigure } from '../../number-text.js';
import type { EvaluationResult, MetricValue } from '../evaluation-result.js';
import { barScale, type BarScale } from './bar-scale.js';
import { markup, type Markup } from './markup.js';
import { describeMetric } from './metric-description.js';
import type { Section } from './section.js';
import { valueBar } from './value-bar.js';

/** `0.95` → `95 %`. */
export function percentText(share: number): string {
  return `${formatFigure(Number((share * 100).toPrecision(12)))} %`;
}

/** A value of a metric, which has none for some rows. */
export function valueText(value: number): string {
  return Number.isNaN(value) ? 'not defined' : formatFigure(value);
}

/** The bounds of an interval, where there is one. */
export function intervalText({ low, high }: Pick<MetricValue, 'low' | 'high'>): string {
  return low === null || high === null ? 'no interval' : `${formatFigure(low)} to ${formatFigure(high)}`;
}

/** An axis that holds some values of one metric, with their intervals. */
export function scaleOf(values: readonly MetricValue[]): BarScale {
  const { range } = describeMetric(values[0]?.metric ?? '');
  return barScale(
    values.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]),
    range,
  );
}

function row(metric: MetricValue): Markup {
  const scale = scaleOf([metric]);
  return markup`<tr><th scope="row" dir="auto">${describeMetric(metric.metric).name}<small>${metric.higher_is_better ? 'higher is better' : 'lower is better'}</small></th><td class="number"><strong>${valueText(metric.value)}</strong></td><td class="bar-cell">${valueBar(metric.value, [metric.low, metric.high], scale)}<span class="ends" aria-hidden="true"><span>${formatFigure(scale.low)}</span><span>${formatFigure(scale.high)}</span></span><small>${intervalText(metric)}</small></td></tr>
`;
}

/** Every metric over all rows, with its confidence interval. */
export function headline({ metrics, confidence }: EvaluationResult): Section {
  const interval = `${percentText(confidence)} confidence interval`;
  return {
    id: 'metrics',
    title: 'Metrics',
    content: markup`<table class="metrics" aria-label="Metrics"><thead><tr><th scope="col">Metric</th><th scope="col" class="number">Value</th><th scope="col">${interval}</th></tr></thead><tbody>
${metrics.map(row)}</tbody></table>
<p class="note">Whiskers are the bounds of the interval, by bootstrap over the rows: how far the value would move with other rows of the same kind.</p>`,
  };
}
