import type { ElementType, TensorData, TensorSpec } from '../../../../src/core/engine/engine.js';

/** A tensor that a case computes with. */
export interface Operand extends TensorSpec {
  readonly data: TensorData;
}

/** Numbers in [0, 1) from a seed: mulberry32 (Tommy Ettinger, public domain). */
export function uniformNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const HOST_ARRAY = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** A tensor of given values. */
export function given(shape: readonly number[], dtype: ElementType, values: readonly number[]): Operand {
  return { shape, dtype, data: HOST_ARRAY[dtype].from(values) };
}

// Every operand drawn is another one, and the same one in every run of the tests.
let nextSeed = 1;

function drawn(shape: readonly number[], dtype: ElementType, draw: (uniform: number) => number): Operand {
  const next = uniformNumbers(nextSeed++);
  const size = shape.reduce((product, length) => product * length, 1);
  return given(
    shape,
    dtype,
    Array.from({ length: size }, () => draw(next())),
  );
}

/** Random floats in [low, high). */
export function floats(shape: readonly number[], low = -2, high = 2): Operand {
  return drawn(shape, 'float32', (uniform) => low + uniform * (high - low));
}

/** Random integers from low up to high, both included. */
export function ints(shape: readonly number[], low = -5, high = 5): Operand {
  return drawn(shape, 'int32', (uniform) => low + Math.floor(uniform * (high - low + 1)));
}

/** Random truth values. */
export function bools(shape: readonly number[]): Operand {
  return drawn(shape, 'bool', (uniform) => Math.floor(uniform * 2));
}

/** Random odd multiples of 0.25: no nearer than 0.25 to the integers and halves where rounding and kinks are. */
export function offGrid(shape: readonly number[]): Operand {
  return drawn(shape, 'float32', (uniform) => (Math.floor(uniform * 8) - 4) / 2 + 0.25);
}

/** The multiples of 0.3 around 0 in random order: no two are equal, or within reach of a finite difference. */
export function distinct(shape: readonly number[]): Operand {
  const { data } = floats(shape);
  const order = [...data.keys()].sort((a, b) => data[a]! - data[b]!);
  return given(
    shape,
    'float32',
    order.map((rank) => (rank - data.length / 2) * 0.3),
  );
}
