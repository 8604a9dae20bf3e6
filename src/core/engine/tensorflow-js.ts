import { createRequire } from 'node:module';
import type * as TensorFlowModule from '@tensorflow/tfjs';

type TensorFlow = typeof TensorFlowModule;

const require = createRequire(import.meta.url);

/**
 * TensorFlow.js, loaded when its first operation is asked for: it takes 0.3 s, which whoever only reads a model's shape
 * need not wait. Model code imports it from here, and must not touch it while modules load.
 */
const tf = new Proxy({} as TensorFlow, {
  get: (_, name) => (require('@tensorflow/tfjs') as TensorFlow)[name as keyof TensorFlow],
  has: (_, name) => name in (require('@tensorflow/tfjs') as TensorFlow),
});

export default tf;
