import tf from '../../tensorflow-js.js';
import type { TensorInfo } from '@tensorflow/tfjs';
import { input, sizeOf, type Lowering, type LoweringTable } from '../lowering.js';
import type { Trace } from '../trace.js';
import { reshape } from './shapes.js';

function transposedName(trace: Trace, x: TensorInfo): string {
  const rank = x.shape.length;
  const perm = [...x.shape.keys()];
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return trace.graph.node('Transpose', [trace.name(x)], { attributes: { perm } });
}

/**
 * Products of matrices, with leading dimensions broadcast. A transposed operand is read in place: by `Gemm` where
 * there is one matrix, by ONNX Runtime's `FusedMatMul` on the CPU where there are many.
 */
const batchMatMul: Lowering = (trace, inputs, { transposeA, transposeB }) => {
  const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
  const { graph } = trace;
  const rank = a.shape.length;
  const rows = a.shape[transposeA ? rank - 1 : rank - 2]!;
  const columns = b.shape[transposeB ? b.shape.length - 2 : b.shape.length - 1]!;
  const leading = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...leading, rows, columns];
  // Sums of nothing are zeros; the WebGPU provider crashes on them.
  if (sizeOf(a.shape) === 0 || sizeOf(b.shape) === 0) return trace.filled(0, shape, a.dtype);
  if (!transposeA && !transposeB)
    return trace.tensor(graph.node('MatMul', [trace.name(a), trace.name(b)]), shape, a.dtype);
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  // Only the plain product exists for integers.
  const isFloat = a.dtype === 'float32';
  if (isFloat && sizeOf(a.shape.slice(0, -2)) === 1 && sizeOf(b.shape.slice(0, -2)) === 1) {
    const names = [a, b].map((x) => trace.name(reshape(trace, x, x.shape.slice(-2))));
    const product = trace.tensor(graph.node('Gemm', names, { attributes }), [rows, columns], a.dtype);
    return shape.length === 2 ? product : reshape(trace, product, shape);
  }
  if (isFloat && trace.target === 'cpu') {
    const names = [trace.name(a), trace.name(b)];
    return trace.tensor(
      graph.node('FusedMatMul', names, { attributes, domain: 'com.microsoft' }),
      shape,
      a.dtype,
    );
  }
  const left = transposeA ? transposedName(trace, a) : trace.name(a);
  const right = transposeB ? transposedName(trace, b) : trace.name(b);
  return trace.tensor(graph.node('MatMul', [left, right]), shape, a.dtype);
};

/** Kernels that multiply matrices. */
export const PRODUCTS: LoweringTable = { BatchMatMul: batchMatMul };
