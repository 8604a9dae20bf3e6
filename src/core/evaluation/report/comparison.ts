import { formatCount, formatFigure } from '../../number-text.js';
import type { EvaluationResult, EvaluationSample } from '../evaluation-result.js';
import { percentText, valueText } from './headline.js';
import { markup, type Markup } from './markup.js';
import { describeMetric } from './metric-description.js';
import { pairedChange } from './paired-change.js';
import type { ScoreKey } from './score-keys.js';
import { wideTable, type Section } from './section.js';

const signed = (value: number): string => (value > 0 ? `+${formatFigure(value)}` : formatFigure(value));

/** What speaks against laying the two results side by side, in sentences. */
function doubts(
  result: EvaluationResult,
  baseline: EvaluationResult,
  paired: number,
  rows: number,
): string[] {
  return [
    result.task_hash === baseline.task_hash
      ? null
      : 'The two evaluations did not run the same task (their task hashes differ), so their values may not be comparable.',
    result.dataset.sha256 === baseline.dataset.sha256 ? null : 'Their datasets are not the same file.',
    paired === rows
      ? null
      : `${formatCount(rows - paired)} of ${formatCount(rows)} rows are not in the baseline; paired figures are of the other ${formatCount(paired)}.`,
  ].filter((doubt) => doubt !== null);
}

function headlineRow(result: EvaluationResult, baseline: EvaluationResult): (key: string) => Markup {
  return (key) => {
    const now = result.metrics.find(({ metric }) => metric === key)!;
    const before = baseline.metrics.find(({ metric }) => metric === key)!;
    const change = now.value - before.value;
    const judgement = change === 0 ? 'same' : change > 0 === now.higher_is_better ? 'better' : 'worse';
    return markup`<tr><th scope="row">${describeMetric(key).name}</th><td class="number">${valueText(before.value)}</td><td class="number">${valueText(now.value)}</td>${
      Number.isFinite(change)
        ? markup`<td class="number ${judgement}">${signed(change)}<small>${judgement}</small></td>`
        : markup`<td class="number">–</td>`
    }</tr>
`;
  };
}

function pairedRow(
  key: ScoreKey,
  samples: readonly EvaluationSample[],
  before: readonly (EvaluationSample | null)[],
  confidence: number,
): Markup | null {
  const change = pairedChange(key, samples, before, confidence);
  if (change === null) return null;
  const { difference, interval, pValue } = change;
  const bounds =
    interval === null ? null : markup`<small>${signed(interval.lower)} to ${signed(interval.upper)}</small>`;
  return markup`<tr><th scope="row">${key.name}</th><td class="number better">${formatCount(change.better)}</td><td class="number worse">${formatCount(change.worse)}</td><td class="number">${formatCount(change.same)}</td><td class="number">${signed(difference)}${bounds}</td><td class="number">${formatFigure(pValue)}</td></tr>
`;
}

/** This evaluation beside an earlier one: values, and row by row where both have the row. */
export function comparison(
  result: EvaluationResult,
  samples: readonly EvaluationSample[],
  baseline: EvaluationResult,
  before: readonly (EvaluationSample | null)[],
  keys: readonly ScoreKey[],
): Section {
  const paired = before.filter((sample) => sample !== null).length;
  const shared = result.metrics
    .map(({ metric }) => metric)
    .filter((key) => baseline.metrics.some(({ metric }) => metric === key));
  const pairedRows = keys
    .map((key) => pairedRow(key, samples, before, result.confidence))
    .filter((row) => row !== null);
  return {
    id: 'comparison',
    title: 'Against the baseline',
    content: markup`<p>The baseline is <strong dir="auto">${baseline.model}</strong> on <span dir="auto">${baseline.dataset.path}</span>, finished ${baseline.finished_at}.</p>
${doubts(result, baseline, paired, samples.length).map((doubt) => markup`<p class="warning">${doubt}</p>`)}
${
  shared.length === 0
    ? markup`<p>The two have no metric in common.</p>`
    : wideTable(
        'Values over all rows of each',
        markup`<thead><tr><th scope="col">Metric</th><th scope="col" class="number">Baseline</th><th scope="col" class="number">This</th><th scope="col" class="number">Change</th></tr></thead><tbody>
${shared.map(headlineRow(result, baseline))}</tbody>`,
      )
}
${
  pairedRows.length === 0
    ? null
    : markup`${wideTable(
        'Row by row, where both have the row',
        markup`<thead><tr><th scope="col">Score</th><th scope="col" class="number">Better</th><th scope="col" class="number">Worse</th><th scope="col" class="number">Same</th><th scope="col" class="number">Mean difference</th><th scope="col" class="number">p</th></tr></thead><tbody>
${pairedRows}</tbody>`,
      )}
<p class="note">Under the mean difference stands its ${percentText(result.confidence)} confidence interval; where that holds 0, these rows do not tell the two apart. p is how often chance alone would split the changed rows into better and worse as unevenly (sign test; for scores of 0 and 1 that of McNemar).</p>`
}`,
  };
}
