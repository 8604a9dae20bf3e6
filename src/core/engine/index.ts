/** What runs programs written in TensorFlow.js operations: compiled by ONNX Runtime, or one by one by TensorFlow. */
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
export { measureMatrixProducts, type MatrixProductRate } from './matrix-product-rate.js';
export { createReferenceEngine } from './reference-engine.js';
export {
  createTensorflowEngine,
  probeTensorflow,
  type TensorflowOptions,
  type TensorflowProbe,
} from './tensorflow-engine.js';
