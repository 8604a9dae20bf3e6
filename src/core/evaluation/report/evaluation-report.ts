import { formatCount } from '../../number-text.js';
import type { EvaluationResult, EvaluationSample } from '../evaluation-result.js';
import type { PairwiseJudgement } from '../judge-pairs.js';
import { pairSamples } from '../pair-samples.js';
import { browserData } from './browser-data.js';
import { BROWSER_SCRIPT } from './browser/script.js';
import { calibration } from './calibration.js';
import { calibrationPlot } from './calibration-plot.js';
import { comparison } from './comparison.js';
import { confusion } from './confusion.js';
import { confusionTable } from './confusion-table.js';
import { distributions } from './distributions.js';
import { headline } from './headline.js';
import { judgement as judgementSection } from './judgement.js';
import { markup } from './markup.js';
import { page } from './page.js';
import { runFacts } from './run-facts.js';
import { sampleBrowser } from './sample-browser.js';
import { scoreKeys } from './score-keys.js';
import { sectionMarkup, type Section } from './section.js';
import { sliceTables } from './slice-tables.js';
import { STYLE } from './style.js';
import { verdictOf } from './verdict.js';

/** An evaluation with its rows. */
export interface EvaluationWithSamples {
  readonly result: EvaluationResult;
  readonly samples: readonly EvaluationSample[];
}

/**
 * The report of an evaluation as one HTML document that needs no server and no network: metrics with their intervals,
 * slices, confusion matrix, calibration, distributions, the comparison with an earlier evaluation, and every sample in a
 * browser with search and filters. Texts from data are shown, never obeyed: as HTML, as script or as control characters.
 */
export function evaluationReport({
  result,
  samples,
  baseline,
  judgement,
}: EvaluationWithSamples & {
  readonly baseline?: EvaluationWithSamples;
  /** What a judge thinks of this evaluation beside the baseline. */
  readonly judgement?: PairwiseJudgement | undefined;
}): string {
  const keys = scoreKeys(result, samples);
  const verdict = verdictOf(result, keys);
  const hasClasses = result.kind === 'classification' || result.kind === 'multiple_choice';
  const matrix = hasClasses && samples.length > 0 ? confusion(samples, verdict) : null;
  const bins = verdict === null ? null : calibration(samples, verdict);
  const before = baseline === undefined ? null : pairSamples(samples, baseline.samples);
  const data = browserData({ samples, before, keys, verdict, matrix });
  const sections: Section[] = [
    headline(result),
    ...(baseline === undefined || before === null
      ? []
      : [comparison(result, samples, baseline.result, before, keys)]),
    ...(judgement === undefined ? [] : [judgementSection(judgement)]),
    ...sliceTables(result),
    ...(matrix === null ? [] : [confusionTable(matrix)]),
    ...(bins === null ? [] : [calibrationPlot(bins)]),
    ...distributions(samples, keys),
    sampleBrowser(data, verdict),
    runFacts(result),
  ];
  return page({
    title: `${result.task}: ${result.model}`,
    style: STYLE,
    script: BROWSER_SCRIPT,
    body: markup`<a class="skip" href="#samples">To the samples</a>
<header><h1 dir="auto">${result.task}</h1>
<p><strong dir="auto">${result.model}</strong> on ${formatCount(result.dataset.rows)} rows of <span dir="auto">${result.dataset.path}</span>, ${result.shots === 0 ? 'without examples' : `with ${formatCount(result.shots)} ${result.shots === 1 ? 'example' : 'examples'}`} in the prompt</p>
<nav aria-label="Parts of the report"><ul>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav></header>
<main>
${sections.map(sectionMarkup)}</main>
<footer><p>Made by genai ${result.toolkit_version}.</p></footer>`,
  });
}
