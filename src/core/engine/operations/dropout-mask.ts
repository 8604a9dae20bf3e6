import tf from '../tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../onnx/protobuf.js';
import { runOperation } from './operation.js';

/** Odd constants that spread rows, columns, steps and streams over 32 bits (the golden ratio and three primes of xxHash). */
const SPREAD = { row: 0x9e3779b1, column: 0x85ebca77, counter: 0xc2b2ae3d, stream: 0x27d4eb2f };
/** The finaliser of MurmurHash3: alternating shifts and multiplications (Appleby 2011, public domain). */
const FINALISER = [
  { shift: 16, multiplier: 0x85ebca6b },
  { shift: 13, multiplier: 0xc2b2ae35 },
] as const;
const LAST_SHIFT = 16;

function hash(row: number, column: number, counter: number, stream: number): number {
  let h =
    (Math.imul(row, SPREAD.row) +
      Math.imul(column, SPREAD.column) +
      Math.imul(counter, SPREAD.counter) +
      Math.imul(stream, SPREAD.stream)) >>>
    0;
  for (const { shift, multiplier } of FINALISER) h = Math.imul(h ^ (h >>> shift), multiplier) >>> 0;
  return (h ^ (h >>> LAST_SHIFT)) >>> 0;
}

/**
 * A dropout mask that is a function of its counter: the same counter always drops the same elements, so a resumed run
 * repeats what an unbroken one would have done.
 *
 * @param rows number of rows
 * @param columns number of columns
 * @param rate share of elements dropped, below 1
 * @param counter scalar int32, another for every step
 * @param stream tells apart the places of the network that drop
 * @returns [rows, columns]: 0 where dropped, 1 / (1 - rate) elsewhere
 */
export function dropoutMask(
  rows: number,
  columns: number,
  rate: number,
  counter: Tensor,
  stream: number,
): Tensor {
  const threshold = Math.round(rate * 2 ** 32);
  const kept = 1 / (1 - rate);
  const [mask] = runOperation([counter], [{ shape: [rows, columns], dtype: 'float32' }], {
    lower: ({ graph }, [counterName]) => {
      const word = (value: number): string => graph.constant([], 'uint32', Uint32Array.of(value));
      const vector = (length: number, multiplier: number, shape: number[]): string =>
        graph.constant(
          shape,
          'uint32',
          Uint32Array.from({ length }, (_, index) => Math.imul(index, multiplier)),
        );
      const binary = (op: string, a: string, b: string): string => graph.node(op, [a, b]);
      const shifted = (h: string, shift: number): string =>
        binary(
          'BitwiseXor',
          h,
          graph.node('BitShift', [h, word(shift)], { attributes: { direction: 'RIGHT' } }),
        );
      const count = graph.node('Cast', [counterName!], { attributes: { to: ONNX_TYPE.uint32 } });
      const start = binary(
        'Add',
        binary('Mul', count, word(SPREAD.counter)),
        word(Math.imul(stream, SPREAD.stream)),
      );
      const row = binary('Add', vector(rows, SPREAD.row, [rows, 1]), start);
      let h = binary('Add', row, vector(columns, SPREAD.column, [1, columns]));
      for (const { shift, multiplier } of FINALISER) h = binary('Mul', shifted(h, shift), word(multiplier));
      h = shifted(h, LAST_SHIFT);
      const keep = graph.node('Not', [binary('Less', h, word(threshold))]);
      return [graph.node('Where', [keep, graph.scalar(kept), graph.scalar(0)])];
    },
    compose: () => {
      const count = counter.dataSync()[0]!;
      const values = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          values[row * columns + column] = hash(row, column, count, stream) < threshold ? 0 : kept;
        }
      }
      return [tf.tensor(values, [rows, columns])];
    },
  });
  return mask!;
}
