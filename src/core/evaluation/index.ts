/** Evaluations: tasks, rows put to a model and scored, results in files, comparisons, thresholds and reports. */
export { CHECKS, type CheckedAnswer, type CheckName } from './checks.js';
export { CHOICE_METRICS, type ChoiceMetric } from './choice-metrics.js';
export { scoreChoices, type ChoiceScores } from './choice-scores.js';
export {
  compareEvaluations,
  type ComparedEvaluation,
  type ComparedRow,
  type EvaluationComparison,
  type MetricComparison,
} from './compare-evaluations.js';
export type {
  EvaluationResult,
  EvaluationSample,
  EvaluationSlice,
  JudgedAnswer,
  JudgeFacts,
  MetricValue,
  ScoringModel,
} from './evaluation-result.js';
export { isHarnessTask, readHarnessTask } from './harness-task.js';
export type { Judge } from './judge.js';
export { judgePairs, type JudgedPair, type PairVerdict, type PairwiseJudgement } from './judge-pairs.js';
export { junitReport } from './junit.js';
export { loadRows, type LoadedRows, type LoadRowsOptions } from './load-rows.js';
export { pairSamples, samplePairs } from './pair-samples.js';
export { rateAnswers, type RatedRows } from './ratings.js';
export { evaluationReport } from './report/evaluation-report.js';
export { readResults, readSamples, writeEvaluation, type SavedEvaluation } from './result-files.js';
export {
  runEvaluation,
  type Evaluation,
  type EvaluationInput,
  type EvaluationOptions,
} from './run-evaluation.js';
export { measureSimilarities } from './similarities.js';
export {
  makeTask,
  readTask,
  taskJsonSchema,
  type Task,
  type TaskDefinition,
  type TaskInput,
  type TaskKind,
} from './task.js';
export { taskOfDataset, type DatasetTask, type DatasetTaskOptions } from './task-of-dataset.js';
export { checkThresholds, parseThreshold, type CheckedThreshold, type Threshold } from './thresholds.js';
