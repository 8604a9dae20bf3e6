import { canBeDrawn, fitAxis, type Axis } from './axis.js';
import { COLOURS, escapeXml, svgDocument, WIDTH } from './svg.js';

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Points in ascending x; values that are not finite are left out. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Draws the points themselves too, where they are few. */
  readonly marks?: boolean;
  /** Draws the line pale, as background to another. */
  readonly faint?: boolean;
}

/** A chart's texts. */
export interface ChartLabels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

/** How a chart's axes are laid out; both linear by default. */
export interface ChartAxes {
  readonly x?: Axis;
  readonly y?: Axis;
}

/** Height of the drawing, in SVG user units. */
const HEIGHT = 400;
const MARGIN = { top: 44, right: 20, bottom: 48, left: 64 };

/** A chart of lines over numeric axes, as a self-contained SVG document. */
export function lineChart(
  series: readonly Series[],
  labels: ChartLabels,
  { x: xScale = {}, y: yScale = {} }: ChartAxes = {},
): string {
  const drawn = series
    .map((line) => ({
      ...line,
      points: line.points.filter(([x, y]) => canBeDrawn(x, xScale) && canBeDrawn(y, yScale)),
    }))
    .filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  const xValues = all.map(([x]) => x);
  const yValues = all.map(([, y]) => y);
  const xAxis = fitAxis(xValues, xScale);
  const yAxis = fitAxis(yValues, yScale);
  const plotWidth = WIDTH - MARGIN.left - MARGIN.right;
  const plotHeight = HEIGHT - MARGIN.top - MARGIN.bottom;
  const toX = (x: number): string => (MARGIN.left + xAxis.position(x) * plotWidth).toFixed(1);
  const toY = (y: number): string => (MARGIN.top + (1 - yAxis.position(y)) * plotHeight).toFixed(1);
  const bottom = HEIGHT - MARGIN.bottom;
  const parts: string[] = [];

  for (const { value: y, text } of yAxis.ticks) {
    parts.push(
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${toY(y)}" y2="${toY(y)}" stroke="#ddd"/>`,
      `<text x="${MARGIN.left - 8}" y="${toY(y)}" text-anchor="end" dominant-baseline="middle">${escapeXml(text)}</text>`,
    );
  }
  for (const { value: x, text } of xAxis.ticks) {
    parts.push(`<text x="${toX(x)}" y="${bottom + 18}" text-anchor="middle">${escapeXml(text)}</text>`);
  }
  parts.push(
    `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${WIDTH - MARGIN.right}" fill="none" stroke="#444"/>`,
  );

  drawn.forEach(({ name, points, marks, faint }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const path = points
      .map(([x, y], position) => `${position === 0 ? 'M' : 'L'}${toX(x)} ${toY(y)}`)
      .join('');
    const style = faint ? 'stroke-width="1" opacity="0.4"' : 'stroke-width="2"';
    // What is faint lies below everything else, the axes too.
    const line = `<path d="${path}" fill="none" stroke="${colour}" ${style}/>`;
    if (faint) parts.unshift(line);
    else parts.push(line);
    if (marks) {
      for (const [x, y] of points)
        parts.push(`<circle cx="${toX(x)}" cy="${toY(y)}" r="3" fill="${colour}"/>`);
    }
    const legendY = MARGIN.top + 14 + index * 18;
    parts.push(
      `<line x1="${WIDTH - 190}" x2="${WIDTH - 166}" y1="${legendY}" y2="${legendY}" stroke="${colour}" ${style}/>`,
      `<text x="${WIDTH - 160}" y="${legendY}" dominant-baseline="middle">${escapeXml(name)}</text>`,
    );
  });

  parts.push(
    `<text x="${MARGIN.left + plotWidth / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escapeXml(labels.x)}</text>`,
    `<text transform="translate(16 ${MARGIN.top + plotHeight / 2}) rotate(-90)" text-anchor="middle">${escapeXml(labels.y)}</text>`,
  );
  return svgDocument(labels.title, HEIGHT, parts);
}
