import { expect, it, vi } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { SlotCache } from '../../../src/core/generation/slot-cache.js';
import { randomModel } from './models.js';

/** [heads, length, width], of which no two numbers are the same. */
function numbers(index: number, row: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, place) => 1e5 * index + 1e4 * row + place);
}

it('holds what it held, and grows later, where there was no memory for all of its arrays', () => {
  const { shape } = randomModel().model;
  const { kvHeads, headDimension, layers } = shape;
  const [rows, length] = [3, 5];
  const cache = new SlotCache(shape, rows, 500);
  const count = kvHeads * length * headDimension;
  for (let index = 0; index < 2 * layers; index++) {
    for (let row = 0; row < rows; row++) cache.write(index, row, 0, numbers(index, row, count), 0, length);
  }
  const held = (): number[][] =>
    Array.from({ length: 2 * layers * rows * kvHeads }, (_, place) => {
      const [index, rest] = [Math.floor(place / (rows * kvHeads)), place % (rows * kvHeads)];
      const all = cache.view(index, 0, rows);
      const start = (rest * all.length) / (rows * kvHeads);
      return [...all.subarray(start, start + length * headDimension)];
    });
  const expected = Array.from({ length: 2 * layers * rows * kvHeads }, (_, place) => {
    const [index, rest] = [Math.floor(place / (rows * kvHeads)), place % (rows * kvHeads)];
    const all = numbers(index, Math.floor(rest / kvHeads), count);
    const head = rest % kvHeads;
    return [...all.subarray(head * length * headDimension, (head + 1) * length * headDimension)];
  });
  expect(held()).toEqual(expected);
  const arrays = vi.spyOn(cache as unknown as { allocate(capacity: number): Float32Array }, 'allocate');
  let left = 2;
  arrays.mockImplementation((capacity) => {
    if (left-- === 0) throw new ToolkitError('there is no memory', 'OUT_OF_RESOURCES');
    return new Float32Array(rows * kvHeads * capacity * headDimension);
  });
  expect(() => cache.reserve(200)).toThrow('no memory');
  expect(cache.capacity).toBe(64);
  expect(held()).toEqual(expected);
  arrays.mockRestore();
  cache.reserve(200);
  expect(cache.capacity).toBe(256);
  expect(held()).toEqual(expected);
});
