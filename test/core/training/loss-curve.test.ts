import { expect, it } from 'vitest';
import { lossCurve } from '../../../src/core/training/loss-curve.js';
import type { MetricsLine } from '../../../src/core/training/metrics-log.js';
import { readXml } from '../plots/read-xml.js';

const step = (number: number, loss: number): MetricsLine => ({
  ...{ step: number, loss, learning_rate: 0.1, grad_norm: 1 },
  ...{ tokens: 1, tokens_per_second: 1, seconds: 1 },
});

it('draws each step, the smoothed loss and the evaluations', () => {
  const svg = readXml(
    lossCurve([step(1, 10), step(2, 0), { step: 2, eval_loss: 5, perplexity: 148 }, step(3, 10)]),
  );
  const paths = svg.all('path').map(({ attributes }) => attributes['d']);
  // Steps 1 to 3 are at x = 64, 382 and 700; losses 10 and 0 at y = 44 and 352, 308 apart.
  expect(paths).toContain('M64.0 44.0L382.0 352.0L700.0 44.0');
  // Smoothed: 10, then 10 - 0.1 * 10 = 9, then 9 + 0.1 * 1 = 9.1.
  expect(paths).toContain('M64.0 44.0L382.0 74.8L700.0 71.7');
  expect(svg.all('circle').map(({ attributes: { cx, cy } }) => [cx, cy])).toEqual([['382.0', '198.0']]);
});

it('can be drawn of no step at all', () => {
  expect(readXml(lossCurve([])).root.name).toBe('svg');
});
