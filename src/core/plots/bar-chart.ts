import { COLOURS, escapeXml, svgDocument, ticks, WIDTH } from './svg.js';

/** One bar of a chart. */
export interface Bar {
  readonly label: string;
  /** Its length; what is not a number above zero has none. */
  readonly value: number;
  /** What it is made of, stacked from the left in this order; names are shared between the bars. */
  readonly parts?: readonly { readonly name: string; readonly value: number }[];
}

/** A bar chart's texts. */
export interface BarChartLabels {
  readonly title: string;
  /** What the length stands for, with its unit. */
  readonly x: string;
  /** How values are written, on the axis and at the bars; as they are by default. */
  readonly formatValue?: (value: number) => string;
}

/** In SVG user units. */
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 28;
const TITLE_HEIGHT = 44;
const LEGEND_ROW_HEIGHT = 20;
const AXIS_HEIGHT = 52;
/** Width of a character of the 12-pixel font, roughly; there is no layout engine to ask. */
const CHARACTER_WIDTH = 6.6;
const LONGEST_LABEL = 36;
const SWATCH = 12;

const lengthOf = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length <= LONGEST_LABEL ? text : `${characters.slice(0, LONGEST_LABEL - 1).join('')}…`;
}

function textWidth(text: string): number {
  return Array.from(text).length * CHARACTER_WIDTH;
}

/** Coloured names in as many lines as they need, and their height. */
function legend(colours: ReadonlyMap<string, string>): { elements: string[]; height: number } {
  const elements: string[] = [];
  let x = 20;
  let y = TITLE_HEIGHT;
  for (const [name, colour] of colours) {
    const text = shorten(name);
    const width = SWATCH + 6 + textWidth(text) + 18;
    if (x > 20 && x + width > WIDTH) {
      x = 20;
      y += LEGEND_ROW_HEIGHT;
    }
    elements.push(
      `<rect x="${x.toFixed(1)}" y="${y}" width="${SWATCH}" height="${SWATCH}" fill="${colour}"/>`,
      `<text x="${(x + SWATCH + 6).toFixed(1)}" y="${y + SWATCH / 2}" dominant-baseline="middle">${escapeXml(text)}</text>`,
    );
    x += width;
  }
  return { elements, height: elements.length === 0 ? 0 : y - TITLE_HEIGHT + LEGEND_ROW_HEIGHT + 4 };
}

/** Horizontal bars from zero, as a self-contained SVG document; the height follows from their number. */
export function barChart(
  bars: readonly Bar[],
  { title, x: axis, formatValue = String }: BarChartLabels,
): string {
  const names = new Set(bars.flatMap(({ parts = [] }) => parts.map(({ name }) => name)));
  const colours = new Map([...names].map((name, index) => [name, COLOURS[index % COLOURS.length]!]));
  const { elements, height: legendHeight } = legend(colours);
  const labels = bars.map(({ label }) => shorten(label));
  const values = bars.map(({ value }) => formatValue(value));
  const left = 20 + Math.max(0, ...labels.map(textWidth));
  const right = WIDTH - 24 - Math.max(0, ...values.map(textWidth));
  const longest = Math.max(0, ...bars.map(({ value }) => lengthOf(value)));
  const toWidth = (value: number): number =>
    longest === 0 ? 0 : (lengthOf(value) / longest) * (right - left);
  const top = TITLE_HEIGHT + legendHeight;
  const bottom = top + bars.length * ROW_HEIGHT;

  const axisTicks = longest === 0 ? [0] : ticks(0, longest);
  // Two names side by side must leave a space between them, or only the ends are named.
  const widest = Math.max(...axisTicks.map((tick) => textWidth(formatValue(tick))));
  const named = widest * axisTicks.length > right - left ? [axisTicks[0]!, axisTicks.at(-1)!] : axisTicks;
  for (const tick of axisTicks) {
    const x = (left + toWidth(tick)).toFixed(1);
    elements.push(`<line x1="${x}" x2="${x}" y1="${top}" y2="${bottom}" stroke="#ddd"/>`);
    if (!named.includes(tick)) continue;
    elements.push(
      `<text x="${x}" y="${bottom + 16}" text-anchor="middle">${escapeXml(formatValue(tick))}</text>`,
    );
  }
  bars.forEach(({ value, parts }, index) => {
    const y = top + index * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) / 2;
    const middle = `y="${y + BAR_HEIGHT / 2}" dominant-baseline="middle"`;
    elements.push(
      `<text x="${(left - 8).toFixed(1)}" ${middle} text-anchor="end">${escapeXml(labels[index]!)}</text>`,
    );
    let x = left;
    for (const part of parts ?? [{ name: '', value }]) {
      const width = toWidth(part.value);
      const fill = colours.get(part.name) ?? COLOURS[0];
      elements.push(
        `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${fill}"/>`,
      );
      x += width;
    }
    elements.push(
      `<text x="${(left + toWidth(value) + 6).toFixed(1)}" ${middle}>${escapeXml(values[index]!)}</text>`,
    );
  });
  elements.push(
    `<path d="M${left.toFixed(1)} ${top}V${bottom}" fill="none" stroke="#444"/>`,
    `<text x="${((left + right) / 2).toFixed(1)}" y="${bottom + 38}" text-anchor="middle">${escapeXml(axis)}</text>`,
  );
  return svgDocument(title, bottom + AXIS_HEIGHT, elements);
}
