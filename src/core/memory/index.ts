/** What memory a model takes to run and to train, term by term. */
export {
  blockActivationBytes,
  interleavingFactor,
  RECOMPUTATIONS,
  trainingActivationParts,
  type ActivationOptions,
  type Recomputation,
} from './activations.js';
export {
  cookbookActivations,
  hiddenStates,
  logits,
  megatronBlockActivations,
  selectiveRecomputationCost,
  selectiveRecomputationSaving,
  zeroActivationElements,
} from './activation-rules.js';
export { DTYPE_BYTES, DTYPES, parseDtype, type Dtype } from './dtype.js';
export { GGUF_MIXES, mixedWeights, type GgufMixName } from './gguf-mixes.js';
export { ggufMemoryModel, type GgufModel } from './gguf-model.js';
export { GGUF_TYPES, ggufBits, type GgufTypeName } from './gguf-types.js';
export { inferenceMemory, type InferenceMemory, type InferenceOptions } from './inference-memory.js';
export {
  CACHE_DTYPE_BYTES,
  CACHE_DTYPES,
  keyValueCacheBytes,
  keyValueCacheParts,
  plainCacheShape,
  type CacheDtype,
} from './key-value-cache.js';
export { memoryModel, type MemoryModel } from './memory-model.js';
export { parseParameterCount } from './parameter-count.js';
export {
  LLAMA_FACTORY_BYTES_PER_PARAMETER,
  ruleOfThumb,
  ruleOfThumbParts,
  type RuleOfThumb,
} from './rule-of-thumb.js';
export { accelerateEstimate, type AccelerateEstimate } from './accelerate-estimator.js';
export { STAGES, type Stage } from './alignment.js';
export { deepSpeedEstimate, type DeepSpeedEstimate, type DeepSpeedOptions } from './deepspeed-estimator.js';
export {
  largestZeroModel,
  megatronBytesPerParameter,
  STRATEGIES,
  zeroCommunication,
  zeroStateBytes,
  type Strategy,
  type ZeroOptions,
} from './distribution.js';
export { loraParameters, loraParametersOfShape, type LoraTargets } from './lora-parameters.js';
export { OPTIMIZERS, type OptimizerName } from './optimizer-states.js';
export {
  PRECISIONS,
  statesPerParameter,
  TRAINING_DTYPES,
  type Precision,
  type TrainingDtype,
} from './precision-recipe.js';
export { doubleQuantizationSaving, nf4BitsPerWeight, nf4WeightBytes } from './quantized-weights.js';
export type { CommunicationVolume } from './training-communication.js';
export {
  toolkitTrainingMemory,
  type GraphShape,
  type ToolkitTrainingMemory,
  type ToolkitTrainingOptions,
  type TrainedAdapter,
} from './toolkit-training-memory.js';
export { trainingMemory, type TrainingMemory } from './training-memory.js';
export {
  METHODS,
  OFFLOADS,
  TRAINING_DEFAULTS,
  type Method,
  type Offload,
  type TrainingOptions,
} from './training-options.js';
export { typicalLayers, typicalModel } from './typical-model.js';
