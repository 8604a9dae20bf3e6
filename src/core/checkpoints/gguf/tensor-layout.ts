import type { QuantizedMatrix } from '../../quantization/quantized-matrix.js';
import type { HostTensor } from '../checkpoint.js';

/**
 * How a tensor lies in GGUF, beside the published layout:
 *
 * - `same`;
 * - `transposed`: published [inputs, outputs], in GGUF rows of outputs;
 * - `interleaved`: the rows of each head are in pairs, because ggml turns neighbours (2i, 2i+1) by rotary positions
 *   where published checkpoints turn (i, i + width / 2).
 */
export type TensorLayout =
  | { readonly kind: 'same' }
  | { readonly kind: 'transposed' }
  | { readonly kind: 'interleaved'; readonly heads: number };

export const SAME: TensorLayout = { kind: 'same' };

/** The published row that lies at each row of the file, within all rows of `heads` heads. */
function interleavedRows(rows: number, heads: number): Uint32Array {
  const width = rows / heads;
  return Uint32Array.from({ length: rows }, (_, row) => {
    const inHead = row % width;
    return row - inHead + (inHead % 2) * (width / 2) + Math.floor(inHead / 2);
  });
}

/** `rows[i]` is the row of the source that becomes row i. */
function gatherRows<T extends Float32Array | Uint8Array>(source: T, rows: Uint32Array): T {
  const width = source.length / rows.length;
  const target = new (source.constructor as new (length: number) => T)(source.length);
  rows.forEach((from, to) => target.set(source.subarray(from * width, (from + 1) * width), to * width));
  return target;
}

function inverse(rows: Uint32Array): Uint32Array {
  const result = new Uint32Array(rows.length);
  rows.forEach((from, to) => (result[from] = to));
  return result;
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = data[row * columns + column]!;
    }
  }
  return result;
}

/** From the published layout to that of GGUF; the result may share memory with the argument. */
export function toGgufLayout({ shape, data }: HostTensor, layout: TensorLayout): HostTensor {
  const [rows = 1, columns = 1] = shape;
  switch (layout.kind) {
    case 'same':
      return { shape, data };
    case 'transposed':
      return { shape: [columns, rows], data: transpose(data, rows, columns) };
    case 'interleaved':
      return { shape, data: gatherRows(data, interleavedRows(rows, layout.heads)) };
  }
}

/** From the layout of GGUF to the published one; the result may share memory with the argument. */
export function fromGgufLayout(tensor: HostTensor, layout: TensorLayout): HostTensor {
  if (layout.kind !== 'interleaved') return toGgufLayout(tensor, layout);
  const { shape, data } = tensor;
  return { shape, data: gatherRows(data, inverse(interleavedRows(shape[0] ?? 1, layout.heads))) };
}

/**
 * The rows of a quantised matrix as published. A transposed one stays as it is: rows of outputs are what
 * {@link QuantizedMatrix} has too.
 */
export function fromGgufRows(matrix: QuantizedMatrix, layout: TensorLayout): QuantizedMatrix {
  if (layout.kind !== 'interleaved') return matrix;
  const rows = inverse(interleavedRows(matrix.outputs, layout.heads));
  const { values, scales, zeroPoints, offsets } = matrix;
  return {
    ...matrix,
    values: gatherRows(values, rows),
    scales: gatherRows(scales, rows),
    ...(zeroPoints && { zeroPoints: gatherRows(zeroPoints, rows) }),
    ...(offsets && { offsets: gatherRows(offsets, rows) }),
  };
}
