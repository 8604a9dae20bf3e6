/**
 * The model package: everything below the commands, for programs of your own. TensorFlow.js is loaded when its first
 * operation runs, a native library when an engine is made.
 */
export * as accelerators from './accelerators/index.js';
export * as adapters from './adapters/index.js';
export * as architectures from './architectures/index.js';
export * as checkpoints from './checkpoints/index.js';
export * as compute from './compute/index.js';
export * as corpora from './corpora/index.js';
export * as datasetFormats from './dataset-formats/index.js';
export * as deployment from './deployment/index.js';
export * as engine from './engine/index.js';
export * as errors from './errors/index.js';
export * as evaluation from './evaluation/index.js';
export * as exports from './exports/index.js';
export * as generation from './generation/index.js';
export * as hubDatasets from './hub-datasets/index.js';
export * as layers from './layers/index.js';
export * as losses from './losses/index.js';
export * as memory from './memory/index.js';
export * as metrics from './metrics/index.js';
export * as modelCards from './model-cards/index.js';
export * as modelStructures from './model-structures/index.js';
export * as numberFormats from './number-formats/index.js';
export * as optimizers from './optimizers/index.js';
export * as project from './project/index.js';
export * as promptEngineering from './prompt-engineering/index.js';
export * as prompts from './prompts/index.js';
export * as providers from './providers/index.js';
export * as quantization from './quantization/index.js';
export * as scalingLaws from './scaling-laws/index.js';
export * as schedules from './schedules/index.js';
export * as scope from './scope/index.js';
export * as selection from './selection/index.js';
export * as serving from './serving/index.js';
export * as statistics from './statistics/index.js';
export * as tokenizers from './tokenizers/index.js';
export * as training from './training/index.js';

export type { FileContent, FileSystem, PathInfo, RandomAccessFile } from '../platform/file-system.js';
export type { ProgressEvent, ProgressListener } from './progress/progress-event.js';
