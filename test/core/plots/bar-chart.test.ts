import { describe, expect, it } from 'vitest';
import { barChart, type Bar } from '../../../src/core/plots/bar-chart.js';
import { readXml, type XmlDocument } from './read-xml.js';

const LABELS = { title: 'Memory', x: 'GB' };
const BAR_HEIGHT = '18';

/** The bars' pieces, without background and legend. */
function pieces(svg: XmlDocument): { x: number; width: number; fill: string }[] {
  return svg
    .all('rect')
    .filter(({ attributes }) => attributes['height'] === BAR_HEIGHT)
    .map(({ attributes }) => ({
      x: Number(attributes['x']),
      width: Number(attributes['width']),
      fill: attributes['fill'] ?? '',
    }));
}

describe('a bar chart', () => {
  it('draws lengths in proportion, from one line, with their labels and values', () => {
    const svg = readXml(
      barChart(
        [
          { label: 'half', value: 5 },
          { label: 'whole', value: 10 },
        ],
        LABELS,
      ),
    );
    const [half, whole] = pieces(svg);
    expect(half!.x).toBe(whole!.x);
    expect(whole!.width / half!.width).toBeCloseTo(2, 2);
    expect(whole!.x + whole!.width).toBeLessThan(720);
    expect(svg.texts()).toEqual(expect.arrayContaining(['Memory', 'GB', 'half', 'whole', '5', '10']));
  });

  it('stacks parts from the left, one colour for each name, and names the colours', () => {
    const bars: Bar[] = [
      {
        label: 'train',
        value: 4,
        parts: [
          { name: 'weights', value: 1 },
          { name: 'optimizer', value: 3 },
        ],
      },
      { label: 'run', value: 1, parts: [{ name: 'weights', value: 1 }] },
    ];
    const svg = readXml(barChart(bars, LABELS));
    const [weights, optimizer, alone] = pieces(svg);
    expect(weights!.x + weights!.width).toBeCloseTo(optimizer!.x, 1);
    expect(optimizer!.width / weights!.width).toBeCloseTo(3, 2);
    expect(alone!.fill).toBe(weights!.fill);
    expect(optimizer!.fill).not.toBe(weights!.fill);
    expect(svg.texts().filter((text) => text === 'weights')).toHaveLength(1);
    expect(svg.texts()).toContain('optimizer');
  });

  it('writes values as told', () => {
    const formatValue = (value: number): string => `$${value}`;
    const svg = readXml(barChart([{ label: 'a', value: 3 }], { ...LABELS, formatValue }));
    expect(svg.texts()).toEqual(expect.arrayContaining(['$3', '$0']));
    expect(svg.texts()).not.toContain('3');
  });

  it('is XML whatever the texts hold, and shortens what is long', () => {
    const hostile = `<script>&'"\u001b[31m]]>`;
    const parts = [{ name: hostile, value: 1 }];
    const svg = readXml(
      barChart([{ label: 'x'.repeat(500), value: 1, parts }], { title: hostile, x: hostile }),
    );
    expect(svg.texts().filter((text) => text === `<script>&'"[31m]]>`)).toHaveLength(3);
    expect(svg.texts()).toContain(`${'x'.repeat(35)}…`);
    expect(svg.all('script')).toEqual([]);
  });

  it.each([
    ['nothing', []],
    ['zeros', [{ label: 'a', value: 0 }]],
    [
      'what is not a length',
      [
        { label: 'a', value: NaN },
        { label: 'b', value: Infinity },
        { label: 'c', value: -1 },
        { label: 'd', value: 2 },
      ],
    ],
  ] as [string, Bar[]][])('can be drawn of %s', (_what, bars) => {
    const svg = readXml(barChart(bars, { ...LABELS, formatValue: () => '' }));
    expect(pieces(svg).map(({ width }) => width > 0)).toEqual(bars.map(({ value }) => value === 2));
    for (const { x, width } of pieces(svg)) expect(Number.isFinite(x + width)).toBe(true);
  });
});
