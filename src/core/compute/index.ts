/** What computing with a model takes: operations, utilisation, time, money and energy, each with its derivation. */
export { checkpointBytes } from './checkpoint-size.js';
export { carbonKg, costUsd, energyKwh, USUAL_PUE } from './cost.js';
export { keptShare, scrapedTokens, USUAL_KEPT_SHARE } from './curation.js';
export { gptParameters, type GptShape } from './decoder-parameters.js';
export { COMPUTE_DTYPES, peakRate, type ComputeDtype, type PeakRate, type PeakRates } from './peak-rate.js';
export {
  deliveredPetaflopDays,
  flopsOfPetaflopDays,
  gpuDays,
  petaflopDays,
  type GpuFleet,
} from './petaflop-days.js';
export {
  servingTime,
  USUAL_BANDWIDTH_UTILISATION,
  USUAL_PREFILL_UTILISATION,
  type Pass,
  type ServingGpus,
  type ServingLoad,
  type ServingTime,
} from './serving-time.js';
export {
  inferenceTokenFlops,
  totalTokenFlops,
  trainingTokenFlops,
  type TokenFlops,
  type TrainingTokenFlops,
  type TrainingTokenOptions,
} from './token-flops.js';
export {
  ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN,
  INFERENCE_FLOPS_PER_PARAMETER_TOKEN,
  RECOMPUTED_FLOPS_PER_PARAMETER_TOKEN,
  TRAINING_FLOPS_PER_PARAMETER_TOKEN,
  trainingFlops,
  type AttentionShape,
  type TrainingWork,
} from './training-flops.js';
export {
  gpuHours,
  secondsAtSpeed,
  secondsForFlops,
  secondsOfGpuHours,
  stepSeconds,
  trainingDays,
  type GpuGroup,
  type GpuRate,
  type TrainedModel,
} from './training-time.js';
export {
  hardwareUtilisation,
  impliedMfu,
  mfu,
  modelUtilisation,
  recomputationFactor,
  USUAL_TRAINING_UTILISATION,
  utilisationOfRate,
  type FinishedRun,
  type Recomputed,
  type TrainingSpeed,
} from './utilisation.js';
