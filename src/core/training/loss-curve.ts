import { lineChart } from '../plots/line-chart.js';
import type { MetricsLine } from './metrics-log.js';

/** Weight of the newest step in the smoothed training loss. */
const SMOOTHING = 0.1;

/** The training and evaluation loss of a run, as an SVG document. */
export function lossCurve(metrics: readonly MetricsLine[]): string {
  const steps = metrics.flatMap((line) => ('loss' in line ? [[line.step, line.loss] as const] : []));
  const evaluations = metrics.flatMap((line) =>
    'eval_loss' in line ? [[line.step, line.eval_loss] as const] : [],
  );
  let smooth: number | undefined;
  const smoothed = steps.map(([step, loss]) => {
    smooth = smooth === undefined ? loss : smooth + SMOOTHING * (loss - smooth);
    return [step, smooth] as const;
  });
  return lineChart(
    [
      { name: 'training (smoothed)', points: smoothed },
      { name: 'evaluation', points: evaluations, marks: true },
      { name: 'training (each step)', points: steps, faint: true },
    ],
    { title: 'Loss', x: 'step', y: 'cross-entropy per token, nats' },
  );
}
