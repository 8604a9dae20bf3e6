import { lineChart, type Series } from '../plots/line-chart.js';
import type { ShotsPoint } from '../prompts/shots-curve.js';

/** Scores of one prompt and its settings by the examples in it. */
export interface ShotsCurve {
  readonly name: string;
  readonly points: readonly ShotsPoint[];
}

/** Lines that can be told apart. */
const MOST_CURVES = 6;

/**
 * Draws scores against the examples in the prompt.
 *
 * @param curves the first is the one that is judged: it is drawn with the ends of its intervals
 */
export function shotsChart(curves: readonly ShotsCurve[], metric: string): string {
  const series = curves.slice(0, MOST_CURVES).map(({ name, points }): Series => {
    const drawn = points.map(({ shots, score }) => [shots, score] as const);
    return { name, points: drawn, marks: true };
  });
  const judged = curves[0]?.points ?? [];
  const ends: Series[] = [
    { name: 'interval, lower end', points: judged.map(({ shots, low }) => [shots, low]), faint: true },
    { name: 'interval, upper end', points: judged.map(({ shots, high }) => [shots, high]), faint: true },
  ];
  return lineChart([...series, ...ends], {
    title: `${metric} by examples in the prompt`,
    x: 'examples',
    y: metric,
  });
}
