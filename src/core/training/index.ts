/** Rows to batches, batches to gradients, gradients to steps; checkpoints from which a run goes on to the same bits. */
export type { Batch } from './batch.js';
export { auditDataset, type DatasetAudit } from './dataset/audit.js';
export {
  evaluationBatches,
  planBatches,
  type BatchPlan,
  type BatchPlanSettings,
  type BatchSettings,
} from './dataset/batches.js';
export { encodeExample, type EncodedRow, type EncodeSettings } from './dataset/encode-example.js';
export type { MetricsLine } from './metrics-log.js';
export {
  gradientProgram,
  logitsProgram,
  lossProgram,
  scoreProgram,
  type BatchShape,
  type TrainedModel,
} from './programs.js';
export { Random } from './random.js';
export {
  runTraining,
  type LoopPorts,
  type LoopSettings,
  type TrainingData,
  type TrainingOutcome,
} from './run-training.js';
export { Trainer, type EvaluationResult, type OptimizerSettings, type StepResult } from './trainer.js';
