import { expect, it } from 'vitest';
import { dropoutMask } from '../../../src/core/engine/operations/dropout-mask.js';
import { describeOnBothEngines } from './contract/both-engines.js';

const [ROWS, COLUMNS] = [250, 400];

/** How many standard deviations a share may be off: less than one run in a million of truly random ones is. */
const DEVIATIONS = 5;

/** Whether a share of `count` independent events with this probability could be chance. */
function expectShare(share: number, probability: number, count: number): void {
  const deviation = Math.sqrt((probability * (1 - probability)) / count);
  expect(Math.abs(share - probability)).toBeLessThan(DEVIATIONS * deviation);
}

const share = <T>(values: readonly T[], holds: (value: T, index: number) => boolean): number =>
  values.filter(holds).length / values.length;

describeOnBothEngines('A dropout mask', (engine) => {
  async function maskOf(counter: number, stream: number, rate = 0.1): Promise<number[]> {
    const executable = await engine().compile({
      name: 'mask',
      inputs: { counter: { shape: [], dtype: 'int32' } },
      body: (inputs) => ({ mask: dropoutMask(ROWS, COLUMNS, rate, inputs['counter']!, stream) }),
    });
    const { mask } = await executable.run({ counter: Int32Array.of(counter) });
    await executable.dispose();
    return [...mask!];
  }

  it.each([0.05, 0.1, 0.5, 0.9])(
    'drops a share of %d and scales the rest, so that the mean stays',
    async (rate) => {
      const mask = await maskOf(7, 1, rate);
      expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
      expectShare(
        share(mask, (value) => value === 0),
        rate,
        mask.length,
      );
    },
  );

  it('is the same for the same counter and stream', async () => {
    expect(await maskOf(3, 2)).toEqual(await maskOf(3, 2));
  });

  // Two independent masks drop the same element with the square of the rate.
  it.each([
    ['the next step', 4, 2],
    ['a far step', 100_003, 2],
    ['the next place in the network', 3, 3],
  ])('is independent of that of %s', async (_name, counter, stream) => {
    const [one, other] = [await maskOf(3, 2), await maskOf(counter, stream)];
    const together = share(one, (value, index) => value === 0 && other[index] === 0);
    expectShare(together, 0.01, one.length);
  });

  it.each([
    ['the next column', 1],
    ['the next row', COLUMNS],
    ['the next diagonal', COLUMNS + 1],
  ])('drops elements independently of those in %s', async (_name, distance) => {
    const mask = await maskOf(5, 0);
    const together = share(mask, (value, index) => value === 0 && mask[index + distance] === 0);
    expectShare(together, 0.01, mask.length);
  });
});
