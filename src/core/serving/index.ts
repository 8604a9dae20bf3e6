/** Many requests answered at once by the same model: continuous batching, prefixes used again, adapters by name. */
export { findAdapters } from './find-adapters.js';
export type {
  AnswerEnd,
  AnswerEvent,
  GenerationRequest,
  LikelyToken,
  TokenScore,
} from './generation-request.js';
export { BASE_NAME, ModelPool, type LoadModel, type ModelLease } from './model-pool.js';
export { openModels, type ContextSettings } from './open-models.js';
export { QueueFull } from './queue-full.js';
export { Scheduler, type SchedulerParts } from './scheduler.js';
export { ServedModel, type LoadedModel, type ServingSettings } from './served-model.js';
export { ServingStatistics } from './serving-statistics.js';
export { Turns } from './turns.js';
