import { formatCount } from '../../number-text.js';
import type { EvaluationResult, EvaluationSlice, MetricValue } from '../evaluation-result.js';
import { intervalText, percentText, scaleOf, valueText } from './headline.js';
import { markup, type Markup } from './markup.js';
import { describeMetric } from './metric-description.js';
import { wideTable, type Section } from './section.js';
import { valueBar } from './value-bar.js';

function cell(value: MetricValue | undefined, scale: ReturnType<typeof scaleOf>): Markup {
  if (value === undefined) return markup`<td class="number">–</td>`;
  return markup`<td class="bar-cell"><span class="number">${valueText(value.value)}</span>${valueBar(value.value, [value.low, value.high], scale)}<small>${intervalText(value)}</small></td>`;
}

function table(field: string, slices: readonly EvaluationSlice[], confidence: number): Markup {
  const metrics = [...new Set(slices.flatMap((slice) => slice.metrics.map(({ metric }) => metric)))];
  const columns = metrics.map((metric) => {
    const values = slices.map((slice) => slice.metrics.find((value) => value.metric === metric));
    return { metric, values, scale: scaleOf(values.filter((value) => value !== undefined)) };
  });
  return wideTable(
    `By ${field}, with ${percentText(confidence)} confidence intervals`,
    markup`<thead><tr><th scope="col" dir="auto">${field}</th><th scope="col" class="number">Rows</th>${columns.map(
      ({ metric }) => markup`<th scope="col">${describeMetric(metric).name}</th>`,
    )}</tr></thead><tbody>
${slices.map(
  ({ value, rows }, index) =>
    markup`<tr><th scope="row" dir="auto">${value === '' ? '(empty)' : value}</th><td class="number">${formatCount(rows)}</td>${columns.map(({ values, scale }) => cell(values[index], scale))}</tr>
`,
)}</tbody>`,
  );
}

/** The metrics of the rows that share a value, one table for each field; nothing where the evaluation has no slices. */
export function sliceTables({ slices, confidence }: EvaluationResult): Section[] {
  if (slices.length === 0) return [];
  const fields = new Set(slices.map(({ field }) => field));
  return [
    {
      id: 'slices',
      title: 'Slices',
      content: markup`${[...fields].map((name) =>
        table(
          name,
          slices.filter(({ field }) => field === name),
          confidence,
        ),
      )}
<p class="note">A slice of few rows has a wide interval: slices whose intervals overlap much may not differ.</p>`,
    },
  ];
}
