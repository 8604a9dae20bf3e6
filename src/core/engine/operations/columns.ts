import tf from '../tensorflow-js.js';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../onnx/protobuf.js';
import type { Trace } from '../tracing/trace.js';
import { runOperation } from './operation.js';

function columnIndices({ graph }: Trace, columns: string, rows: number): string {
  const int64 = graph.node('Cast', [columns], { attributes: { to: ONNX_TYPE.int64 } });
  return graph.node('Reshape', [int64, graph.int64([rows, 1])]);
}

/**
 * One element of every row.
 *
 * @param x [rows, width]
 * @param columns [rows] int32
 * @returns [rows, 1]
 */
export function pickColumns(x: Tensor, columns: Tensor): Tensor {
  const [rows, width] = x.shape as [number, number];
  const [picked] = runOperation([x, columns], [{ shape: [rows, 1], dtype: 'float32' }], {
    lower: (trace, [matrix, index]) => [
      trace.graph.node('GatherElements', [matrix!, columnIndices(trace, index!, rows)], {
        attributes: { axis: 1 },
      }),
    ],
    compose: () => [tf.sum(tf.mul(x, tf.oneHot(columns as Tensor1D, width)), 1, true)],
  });
  return picked!;
}

/**
 * Subtracts 1 from one element of every row.
 *
 * @param x [rows, width]
 * @param columns [rows] int32
 */
export function subtractOneAt(x: Tensor, columns: Tensor): Tensor {
  const [rows, width] = x.shape as [number, number];
  const [result] = runOperation([x, columns], [{ shape: [rows, width], dtype: 'float32' }], {
    lower: (trace, [matrix, index]) => {
      const minusOne = trace.graph.constant([rows, 1], 'float32', new Float32Array(rows).fill(-1));
      return [
        trace.graph.node('ScatterElements', [matrix!, columnIndices(trace, index!, rows), minusOne], {
          attributes: { axis: 1, reduction: 'add' },
        }),
      ];
    },
    compose: () => [tf.sub(x, tf.oneHot(columns as Tensor1D, width))],
  });
  return result!;
}
