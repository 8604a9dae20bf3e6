/** What runs programs written in TensorFlow.js operations: compiled by ONNX Runtime, or one by one by TensorFlow. */
import { lazyFunction } from '../lazy-function.js';

export type {
  Cell,
  ElementType,
  ElementwiseProgram,
  ElementwiseUpdate,
  Engine,
  Executable,
  Program,
  TensorData,
  TensorSpec,
} from './engine.js';
export type { OnnxRuntimeOptions } from './onnxruntime/create-engine.js';
export type { OnnxRuntimeProbe, ProviderProbe } from './onnxruntime/probe.js';
export type { GraphicsCheck } from './onnxruntime/verified-engine.js';
export { measureMatrixProducts, type MatrixProductRate } from './matrix-product-rate.js';
export { createReferenceEngine } from './reference-engine.js';
export {
  createTensorflowEngine,
  probeTensorflow,
  type TensorflowOptions,
  type TensorflowProbe,
} from './tensorflow-engine.js';

/** The engine on ONNX Runtime, whose library is loaded at the first call. */
export const createOnnxRuntimeEngine = lazyFunction(
  () => import('./onnxruntime/create-engine.js'),
  'createOnnxRuntimeEngine',
);

/** What ONNX Runtime can compute on here; loads its library. */
export const probeOnnxRuntime = lazyFunction(() => import('./onnxruntime/probe.js'), 'probeOnnxRuntime');
