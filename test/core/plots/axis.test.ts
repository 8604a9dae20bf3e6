import { describe, expect, it } from 'vitest';
import { fitAxis } from '../../../src/core/plots/axis.js';
import { chartColumn } from '../../../src/core/plots/chart-column.js';
import { lineChart } from '../../../src/core/plots/line-chart.js';
import { logarithmicTicks } from '../../../src/core/plots/logarithmic-ticks.js';
import { readXml } from './read-xml.js';

const LABELS = { title: 'Frontier', x: 'FLOP', y: 'parameters' };
const LOGARITHMIC = { scale: 'logarithmic' } as const;

describe('logarithmic ticks', () => {
  it.each([
    [1e19, 1e23, [1e19, 1e20, 1e21, 1e22, 1e23]],
    [3e8, 2e9, [5e8, 1e9, 2e9]],
    [1, 100, [1, 2, 5, 10, 20, 50, 100]],
    [2e-6, 1e-5, [2e-6, 5e-6, 1e-5]],
    [1, 1e12, [1, 100, 1e4, 1e6, 1e8, 1e10, 1e12]],
  ])('from %d to %d are round numbers', (low, high, expected) => {
    expect(logarithmicTicks(low, high)).toEqual(expected);
  });
});

describe('a logarithmic axis', () => {
  it('gives every factor of ten the same room', () => {
    const { position } = fitAxis([1e19, 1e23], LOGARITHMIC);
    expect([1e19, 1e20, 1e21, 1e23].map(position)).toEqual(
      [0, 0.25, 0.5, 1].map((part) => expect.closeTo(part, 12)),
    );
  });

  it('has room around a single value', () => {
    expect(fitAxis([7, 7], LOGARITHMIC).position(7)).toBeCloseTo(0.5, 12);
    expect(fitAxis([], LOGARITHMIC).ticks.length).toBeGreaterThan(1);
  });
});

describe('a line chart with logarithmic axes', () => {
  const format = (value: number): string => `${value / 1e9}B`;
  const svg = lineChart([{ name: 'optimum', points: [[1e20, 1e9], [1e22, 1e10], [1e24, 1e11]] }], LABELS, { x: LOGARITHMIC, y: { ...LOGARITHMIC, format } }); // prettier-ignore

  it('draws a power law as a straight line, with its ticks as they are formatted', () => {
    const document = readXml(svg);
    const paths = document.all('path').map(({ attributes }) => attributes['d']);
    // 720 × 400 with margins 64, 20, 44 and 48: x from 64 to 700, y from 352 up to 44.
    expect(paths).toContain('M64.0 352.0L382.0 198.0L700.0 44.0');
    expect(document.texts()).toEqual(expect.arrayContaining(['1B', '10B', '100B']));
  });

  it('leaves out what has no logarithm', () => {
    const points = [[0, 1], [1, 1], [10, -1], [100, 2]] as const; // prettier-ignore
    const drawn = lineChart([{ name: 'a', points, marks: true }], LABELS, { x: LOGARITHMIC, y: LOGARITHMIC });
    expect(readXml(drawn).all('circle')).toHaveLength(2);
    expect(drawn).not.toMatch(/NaN|Infinity/);
  });

  it('stands below another in one document', () => {
    const both = readXml(chartColumn([svg, svg]));
    expect(both.root.attributes).toMatchObject({ width: '720', height: '800' });
    expect(both.all('svg').map(({ attributes }) => attributes['y'])).toEqual([undefined, '0', '400']);
  });
});
