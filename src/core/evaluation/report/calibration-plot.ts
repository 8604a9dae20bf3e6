import { formatCount, formatFigure } from '../../number-text.js';
import type { CalibrationBin } from './calibration.js';
import { markup, type Markup } from './markup.js';
import { wideTable, type Section } from './section.js';

/** In the drawing's units: as wide as a narrow phone has pixels, so that its text is legible there. */
const SIZE = { width: 300, height: 250 };
const PLOT = { left: 44, top: 8, width: 248, height: 204 };
const ENDS_AND_MIDDLE = [0, 0.5, 1];

const toX = (share: number): number => Number((PLOT.left + share * PLOT.width).toFixed(1));
const toY = (share: number): number => Number((PLOT.top + (1 - share) * PLOT.height).toFixed(1));

function drawing(bins: readonly CalibrationBin[]): Markup {
  return markup`<svg class="chart" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="Share of right predictions against their probability; the numbers are in the table below">
${ENDS_AND_MIDDLE.map(
  (share) =>
    markup`<path class="grid" d="M${toX(0)} ${toY(share)}H${toX(1)}"/><text x="${toX(0) - 6}" y="${toY(share) + 4}" text-anchor="end">${share}</text><text x="${toX(share)}" y="${toY(0) + 16}" text-anchor="middle">${share}</text>`,
)}
${bins.map(({ from, to, accuracy }) =>
  accuracy === null
    ? null
    : markup`<rect class="fill" x="${toX(from) + 1}" y="${toY(accuracy)}" width="${(toX(to) - toX(from) - 2).toFixed(1)}" height="${(toY(0) - toY(accuracy)).toFixed(1)}"/>`,
)}
<path class="ideal" d="M${toX(0)} ${toY(0)}L${toX(1)} ${toY(1)}"/>
${bins.map(({ accuracy, confidence }) =>
  accuracy === null || confidence === null
    ? null
    : markup`<circle class="point" cx="${toX(confidence)}" cy="${toY(accuracy)}" r="3.5"/>`,
)}
<text x="${toX(0.5)}" y="${SIZE.height - 6}" text-anchor="middle">probability of the prediction</text>
<text transform="translate(11 ${toY(0.5)}) rotate(-90)" text-anchor="middle">share that was right</text>
</svg>`;
}

/** The reliability diagram of the predictions, with its numbers. */
export function calibrationPlot(bins: readonly CalibrationBin[]): Section {
  const filled = bins.filter(({ rows }) => rows > 0);
  return {
    id: 'calibration',
    title: 'Calibration',
    content: markup`${drawing(bins)}
<p class="note">On the dashed line, predictions of 80 % probability are right 80 % of the time; bars below it mean overconfidence. Probabilities are relative to the choices of the row.</p>
<details><summary>The numbers</summary>${wideTable(
      'Predictions by their probability',
      markup`<thead><tr><th scope="col">Probability</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Mean probability</th><th scope="col" class="number">Share right</th></tr></thead><tbody>
${filled.map(
  ({ from, to, rows, confidence, accuracy }) =>
    markup`<tr><th scope="row">${from} to ${to}</th><td class="number">${formatCount(rows)}</td><td class="number">${formatFigure(confidence!)}</td><td class="number">${formatFigure(accuracy!)}</td></tr>
`,
)}</tbody>`,
    )}</details>`,
  };
}
