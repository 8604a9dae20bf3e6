import { expect, it } from 'vitest';
import { parseMemorySize } from '../../../src/core/estimates/memory-size.js';

it.each([
  ['24GB', 24e9],
  ['24 gb', 24e9],
  ['24GiB', 24 * 2 ** 30],
  ['1.5TB', 1.5e12],
  ['512MB', 512e6],
  ['80 GiB', 85_899_345_920],
])('reads %s', (text, bytes) => {
  expect(parseMemorySize(text)).toBe(bytes);
});

it.each(['', '24', 'GB', '-24GB', '0GB', '24GBs', '1e3GB', '99999999999TB', 'NaNGB'])(
  'refuses %j',
  (text) => {
    expect(() => parseMemorySize(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  },
);
