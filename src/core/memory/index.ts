/** What memory a model takes to run and to train, term by term. */
export { RECOMPUTATIONS, type Recomputation } from './activations.js';
export { DTYPE_BYTES, DTYPES, type Dtype } from './dtype.js';
export { inferenceMemory, type InferenceMemory, type InferenceOptions } from './inference-memory.js';
export { keyValueCacheBytes } from './key-value-cache.js';
export type { MemoryModel } from './memory-model.js';
export { parseParameterCount } from './parameter-count.js';
export { ruleOfThumb, type RuleOfThumb } from './rule-of-thumb.js';
export {
  METHODS,
  OPTIMIZERS,
  trainingMemory,
  type Method,
  type OptimizerName,
  type TrainingMemory,
  type TrainingOptions,
} from './training-memory.js';
export { typicalModel } from './typical-model.js';
