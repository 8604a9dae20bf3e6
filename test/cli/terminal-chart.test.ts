import { describe, expect, it } from 'vitest';
import { renderTerminalChart, type TerminalChart } from '../../src/cli/terminal-chart.js';
import { displayWidth } from '../../src/cli/terminal-text.js';

const EMPTY: TerminalChart = {
  title: 'Title',
  x: { label: 'size' },
  y: { label: 'loss' },
  lines: [],
  marks: [],
};

/** The rows of the plot alone, without what stands left of it. */
function plotOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /[│┤]/.test(line))
    .map((line) => line.slice(line.search(/[│┤]/) + 1));
}

describe('a chart in the terminal', () => {
  it('puts marks in the cells of their values', () => {
    const marks = [
      { character: 'A', point: [1, 10] as const, meaning: 'lowest' },
      { character: 'B', point: [100, 20] as const, meaning: 'half way' },
      { character: 'C', point: [10_000, 30] as const, meaning: 'highest' },
    ];
    const text = renderTerminalChart({ ...EMPTY, x: { label: 'size', scale: 'logarithmic' }, marks }, 60);
    const plot = plotOf(text);
    // 14 rows; 60 cells less 2 for the widest number, a space and the axis: 56 columns.
    expect(plot).toHaveLength(14);
    expect(plot[13]!.indexOf('A')).toBe(0);
    expect(plot[0]!.indexOf('C')).toBe(55);
    // 100 is half way between 1 and 10,000 in the logarithm: dot 56 of 112, row dot 28 of 56.
    expect(plot[7]!.indexOf('B')).toBe(28);
    expect(text).toContain('\nA lowest\nB half way\nC highest\n');
  });

  it('draws a line in braille dots', () => {
    // From corner to corner: the first and the last cell have the dots of the diagonal.
    const diagonal = [{ points: [[0, 0], [1, 1]] as const }]; // prettier-ignore
    const plot = plotOf(renderTerminalChart({ ...EMPTY, lines: diagonal }, 40));
    expect(plot[13]!.codePointAt(0)).toBeGreaterThan(0x2800);
    expect(plot[0]!.trimEnd()).toHaveLength(35);
    expect(plot.map((row) => row.trimEnd().length)).toEqual(
      [...plot.map((row) => row.trimEnd().length)].sort((a, b) => b - a),
    );
    // A flat line at the bottom lights the two dots of the lowest row of every cell: bits 0x40 and 0x80.
    const flat = [{ points: [[0, 0], [1, 0]] as const }, { points: [[0, 1], [0, 1]] as const }]; // prettier-ignore
    const bottom = plotOf(renderTerminalChart({ ...EMPTY, lines: flat }, 40))[13]!;
    expect(new Set(bottom)).toEqual(new Set(['\u28c0']));
  });

  it('writes ticks with the formats of its axes', () => {
    const chart: TerminalChart = {
      ...EMPTY,
      x: { label: 'FLOP', scale: 'logarithmic', format: (value) => value.toExponential(0).replace('+', '') },
      lines: [{ points: [[1e20, 2], [1e24, 3]] }], // prettier-ignore
    };
    const text = renderTerminalChart(chart, 60);
    expect(text).toMatch(/1e20 +1e21 +1e22 +1e23 +1e24\n/);
    expect(text).toMatch(/^ *2\.8 ┤/m);
    expect(text).toMatch(/└┬─+┬─+┬─+┬─+┬\n/);
  });

  it.each([20, 30, 45, 80, 200])('fits %d columns', (columns) => {
    const chart = {
      ...EMPTY,
      title: 'A title that is much too long for a narrow terminal, and so is cut',
      lines: [{ points: [[1, 1], [2, 5]] as const }], // prettier-ignore
      marks: [{ character: 'A', point: [1, 1] as const, meaning: 'a long explanation of what A is' }],
    };
    const lines = renderTerminalChart(chart, columns).split('\n');
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeGreaterThan(14);
  });

  it('is left out where there is no room or nothing to draw', () => {
    const lines = [{ points: [[1, 1], [2, 5]] as const }]; // prettier-ignore
    expect(renderTerminalChart({ ...EMPTY, lines }, 12)).toBe('');
    expect(renderTerminalChart(EMPTY, 80)).toBe('');
    const below = { ...EMPTY, x: { label: 'x', scale: 'logarithmic' as const }, lines: [{ points: [[-1, 1]] as const }] }; // prettier-ignore
    expect(renderTerminalChart(below, 80)).toBe('');
  });

  it('makes names safe to print', () => {
    const marks = [{ character: 'A', point: [1, 1] as const, meaning: 'evil \u001b[2J' }];
    expect(renderTerminalChart({ ...EMPTY, marks }, 80)).toContain('evil \\x1b[2J');
  });
});
