import { describe, expect, it } from 'vitest';
import { lineChart } from '../../../src/core/plots/line-chart.js';
import { ticks } from '../../../src/core/plots/svg.js';
import { readXml } from './read-xml.js';

const LABELS = { title: 'Loss', x: 'step', y: 'nats' };

describe('ticks', () => {
  it.each([
    [0, 10, [0, 2, 4, 6, 8, 10]],
    [0.13, 0.71, [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    [-1, 1, [-1, -0.5, 0, 0.5, 1]],
    [1, 1000, [200, 400, 600, 800, 1000]],
    [2e-6, 8e-6, [2e-6, 3e-6, 4e-6, 5e-6, 6e-6, 7e-6, 8e-6]],
  ])('from %d to %d are round numbers', (low, high, expected) => {
    expect(ticks(low, high)).toEqual(expected);
  });
});

describe('a line chart', () => {
  it('draws points where their axes say', () => {
    const svg = readXml(lineChart([{ name: 'a', points: [[0, 0], [5, 4], [10, 2]] }], LABELS)); // prettier-ignore
    const paths = svg.all('path').map(({ attributes }) => attributes['d']);
    // 720 × 400 with margins 64, 20, 44 and 48: x from 64 to 700, y from 352 up to 44.
    expect(paths).toContain('M64.0 352.0L382.0 44.0L700.0 198.0');
    expect(svg.texts()).toEqual(expect.arrayContaining(['Loss', 'step', 'nats', 'a', '0', '10', '4']));
  });

  it('is XML whatever the names hold', () => {
    const name = `<script>"a" & 'b'</script>\u001b[31m\u0000]]>`;
    const svg = readXml(lineChart([{ name, points: [[0, 1]] }], { ...LABELS, title: name }));
    const safe = `<script>"a" & 'b'</script>[31m]]>`;
    expect(svg.texts()).toEqual(expect.arrayContaining([safe, 'step']));
    expect(svg.root.attributes['aria-label']).toBe(safe);
    expect(svg.all('script')).toEqual([]);
  });

  it('leaves out what is not finite', () => {
    const points = [[0, 1], [1, NaN], [2, Infinity], [3, 2]] as const; // prettier-ignore
    const svg = lineChart([{ name: 'a', points, marks: true }], LABELS);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(readXml(svg).all('circle')).toHaveLength(2);
  });

  it.each([
    ['nothing', []],
    ['one point', [[3, 7]]],
    ['equal values', [[0, 7], [1, 7]]], // prettier-ignore
    ['values that differ in their last bit', [[0, 1], [1, 1 + Number.EPSILON]]], // prettier-ignore
    ['zeros', [[0, 0], [1, 0]]], // prettier-ignore
  ] as [string, [number, number][]][])('can be drawn of %s', (_what, points) => {
    const svg = lineChart([{ name: 'a', points }], LABELS);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(readXml(svg).root.name).toBe('svg');
  });
});
