import { canBeDrawn, fitAxis, type Axis, type FittedAxis } from '../core/plots/axis.js';
import { displayWidth, sanitizeForTerminal, truncateToWidth, wrapWords } from './terminal-text.js';

/** A line of a chart; its points in ascending x. */
export interface TerminalLine {
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A character put where a point lies, over whatever lines pass there, and explained below the chart. */
export interface TerminalMark {
  readonly character: string;
  readonly point: readonly [x: number, y: number];
  readonly meaning: string;
}

/** A chart to be drawn in characters. */
export interface TerminalChart {
  readonly title: string;
  readonly x: Axis & { readonly label: string };
  readonly y: Axis & { readonly label: string };
  readonly lines: readonly TerminalLine[];
  readonly marks: readonly TerminalMark[];
}

/** Rows of the plot itself. */
const ROWS = 14;
/** Cells of a line where the output has no width, as a pipe. */
const USUAL_COLUMNS = 80;
/** More than this only pulls a curve apart. */
const MOST_COLUMNS = 100;
/** Cells below which a curve has no shape. */
const LEAST_PLOT_COLUMNS = 16;

/** Dots of one braille cell. */
const DOTS_ACROSS = 2;
const DOTS_DOWN = 4;
const BRAILLE = 0x2800;
/** Bit of each dot, by row then column (Unicode chapter 21, Braille Patterns). */
const DOT_BITS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

/**
 * Draws a chart in plain text: curves in braille dots, points as characters, ticks at the axes, a legend below.
 *
 * @param columns cells of a line; `Infinity` for output that has no width
 * @returns lines, each ended; nothing where there is nothing to draw, or no room for it
 */
export function renderTerminalChart(chart: TerminalChart, columns: number): string {
  const lines = chart.lines.map(({ points }) =>
    points.filter(([x, y]) => canBeDrawn(x, chart.x) && canBeDrawn(y, chart.y)),
  );
  const marks = chart.marks.filter(({ point: [x, y] }) => canBeDrawn(x, chart.x) && canBeDrawn(y, chart.y));
  const all = [...lines.flat(), ...marks.map(({ point }) => point)];
  if (all.length === 0) return '';
  const xAxis = fitAxis(
    all.map(([x]) => x),
    chart.x,
  );
  const yAxis = fitAxis(
    all.map(([, y]) => y),
    chart.y,
  );

  const width = Math.min(columns === Infinity ? USUAL_COLUMNS : columns, MOST_COLUMNS);
  const gutter = Math.max(...yAxis.ticks.map(({ text }) => displayWidth(text)), 0);
  const plotColumns = width - gutter - 2;
  if (plotColumns < LEAST_PLOT_COLUMNS) return '';

  const canvas = new Canvas(plotColumns, ROWS);
  const across = (x: number): number => Math.round(xAxis.position(x) * (plotColumns * DOTS_ACROSS - 1));
  const down = (y: number): number => Math.round((1 - yAxis.position(y)) * (ROWS * DOTS_DOWN - 1));
  for (const points of lines) {
    points.forEach(([x, y], index) => {
      const [fromX, fromY] = points[Math.max(0, index - 1)]!;
      canvas.line(across(fromX), down(fromY), across(x), down(y));
    });
  }
  for (const { character, point } of marks) canvas.mark(across(point[0]), down(point[1]), character);

  const rowTexts = new Map<number, string>();
  for (const { value, text } of yAxis.ticks) rowTexts.set(Math.floor(down(value) / DOTS_DOWN), text);
  const body = canvas.rows().map((row, index) => {
    const text = rowTexts.get(index);
    return `${' '.repeat(gutter - displayWidth(text ?? ''))}${text ?? ''} ${text === undefined ? '│' : '┤'}${row}`;
  });
  const cellOf = (x: number): number => Math.floor(across(x) / DOTS_ACROSS);
  return [
    truncateToWidth(sanitizeForTerminal(chart.title), width),
    truncateToWidth(sanitizeForTerminal(chart.y.label), width),
    ...body,
    ...horizontalAxis(xAxis, cellOf, plotColumns).map((line) => ' '.repeat(gutter + 1) + line),
    ' '.repeat(gutter + 2) + truncateToWidth(sanitizeForTerminal(chart.x.label), plotColumns),
    ...marks.map(({ character, meaning }) =>
      wrapWords(`${character} ${sanitizeForTerminal(meaning)}`, width),
    ),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** The line below the plot, and the numbers below the line: as many as have room. */
function horizontalAxis(axis: FittedAxis, cellOf: (x: number) => number, columns: number): [string, string] {
  const line = Array.from({ length: columns }, () => '─');
  let texts = '';
  for (const { value, text } of axis.ticks) {
    const cell = cellOf(value);
    line[cell] = '┬';
    const start = Math.min(Math.max(0, cell - Math.floor(text.length / 2)), columns - text.length);
    // One more for the corner that the line begins with.
    const gap = start + 1 - texts.length;
    if (start >= 0 && (texts === '' || gap > 0)) texts += ' '.repeat(gap) + text;
  }
  return [`└${line.join('')}`, texts];
}

/** A grid of cells, each of eight dots or one character. */
class Canvas {
  private readonly dots: Uint8Array;
  private readonly characters = new Map<number, string>();

  constructor(
    private readonly columns: number,
    private readonly height: number,
  ) {
    this.dots = new Uint8Array(columns * height);
  }

  /** Sets the dots between two, both included (Bresenham's algorithm). */
  line(x: number, y: number, toX: number, toY: number): void {
    const [width, height] = [Math.abs(toX - x), -Math.abs(toY - y)];
    const [stepX, stepY] = [Math.sign(toX - x), Math.sign(toY - y)];
    for (let error = width + height; ;) {
      this.dots[this.cell(x, y)]! |= DOT_BITS[(y % DOTS_DOWN) * DOTS_ACROSS + (x % DOTS_ACROSS)]!;
      if (x === toX && y === toY) return;
      const twice = 2 * error;
      if (twice >= height) {
        error += height;
        x += stepX;
      }
      if (twice <= width) {
        error += width;
        y += stepY;
      }
    }
  }

  mark(x: number, y: number, character: string): void {
    this.characters.set(this.cell(x, y), character);
  }

  rows(): string[] {
    return Array.from({ length: this.height }, (_, row) =>
      Array.from({ length: this.columns }, (_unused, column) => {
        const cell = row * this.columns + column;
        const dots = this.dots[cell]!;
        return this.characters.get(cell) ?? (dots === 0 ? ' ' : String.fromCodePoint(BRAILLE + dots));
      }).join(''),
    );
  }

  private cell(x: number, y: number): number {
    return Math.floor(y / DOTS_DOWN) * this.columns + Math.floor(x / DOTS_ACROSS);
  }
}
