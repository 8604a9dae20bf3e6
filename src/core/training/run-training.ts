import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { scheduleFactor, type Schedule } from '../schedules/schedule.js';
import type { Batch } from './batch.js';
import { MetricsLog, type MetricsLine } from './metrics-log.js';
import type { Trainer } from './trainer.js';
import {
  listCheckpoints,
  pruneCheckpoints,
  readProgress,
  restoreCheckpoint,
  restoreWeights,
  writeCheckpoint,
  type TrainingProgress,
} from './training-checkpoint.js';

/** What is trained on, as functions of the step alone, so that any step can be repeated without what came before. */
export interface TrainingData {
  readonly totalSteps: number;
  /** The batches of one optimiser step, counted from 0: more than one where gradients are accumulated. */
  batchesOf(step: number): readonly Batch[];
  /** Held-out batches; empty for no evaluation. */
  readonly evaluation: readonly Batch[];
}

/** How the loop goes. */
export interface LoopSettings {
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly warmupSteps: number;
  /** Steps between evaluations; 0 evaluates only at the end. */
  readonly evaluateEvery: number;
  /** Steps between checkpoints; 0 saves only at the end and when interrupted. */
  readonly saveEvery: number;
  /** Newest checkpoints kept, beside the best. */
  readonly keepCheckpoints: number;
  /** Evaluations without a lower loss after which training stops; 0 never stops early. */
  readonly patience: number;
  /** Command that goes on with the run, for the message when it is interrupted. */
  readonly resumeCommand: string;
}

/** What the loop needs from outside. */
export interface LoopPorts {
  readonly files: FileSystem;
  /** Milliseconds from any start. */
  readonly now: () => number;
  /** Resident memory of this process, in bytes. */
  readonly memory: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/** How a run ended. */
export interface TrainingOutcome {
  readonly steps: number;
  readonly trainLoss: number;
  readonly evalLoss: number | null;
  readonly bestStep: number | null;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly peakMemoryBytes: number;
  readonly stoppedEarly: boolean;
  readonly metrics: readonly MetricsLine[];
}

/** Validation batches run before the first step, so that settings that cannot work fail at once. */
const SANITY_BATCHES = 2;

/** Folder of checkpoints inside a run folder. */
const CHECKPOINT_FOLDER = 'checkpoints';

/**
 * Trains to the end of the data, or on from the newest checkpoint in the run folder.
 *
 * Afterwards the trainer holds the weights of the best evaluation, or the last ones where nothing was evaluated.
 *
 * @throws ToolkitError `INTERRUPTED` after saving a checkpoint when the signal is raised; `DIVERGED` when the loss is
 *   not finite
 */
export async function runTraining(
  trainer: Trainer,
  data: TrainingData,
  settings: LoopSettings,
  runFolder: string,
  ports: LoopPorts,
): Promise<TrainingOutcome> {
  const { files, now, signal, onProgress } = ports;
  const checkpoints = join(runFolder, CHECKPOINT_FOLDER);
  const newest = (await listCheckpoints(files, checkpoints)).at(-1);
  const progress = await resume(trainer, checkpoints, newest, files);
  const log = await MetricsLog.open(files, join(runFolder, 'metrics.jsonl'), progress.step);
  const startSeconds = progress.seconds;
  const start = now();
  let peakMemoryBytes = ports.memory();
  let lastSaved: number | undefined = newest;

  if (data.evaluation.length > 0) await trainer.evaluate(data.evaluation.slice(0, SANITY_BATCHES));

  /** What led to a failure is worth having, so it goes to the file first. */
  const keepMetrics = async (error: unknown): Promise<never> => {
    await log.flush();
    throw error;
  };
  const save = async (): Promise<void> => {
    if (lastSaved !== progress.step) await writeCheckpoint(files, checkpoints, trainer, progress);
    lastSaved = progress.step;
    await pruneCheckpoints(
      files,
      checkpoints,
      settings.keepCheckpoints,
      progress.best ? [progress.best.step] : [],
    );
  };

  for (;;) {
    const finished = progress.step >= data.totalSteps || progress.stopped;
    const every = (interval: number): boolean =>
      interval > 0 && progress.step > 0 && progress.step % interval === 0;

    const alreadyEvaluated = log.lastEvaluatedStep === progress.step;
    if (data.evaluation.length > 0 && !alreadyEvaluated && (finished || every(settings.evaluateEvery))) {
      const { loss } = await trainer.evaluate(data.evaluation);
      if (!Number.isFinite(loss)) await keepMetrics(diverged(progress.step, loss));
      log.add({ step: progress.step, eval_loss: loss, perplexity: Math.exp(loss) });
      if (progress.best === null || loss < progress.best.evalLoss) {
        progress.best = { step: progress.step, evalLoss: loss };
        progress.evaluationsWithoutGain = 0;
      } else {
        progress.evaluationsWithoutGain++;
      }
      if (!finished && settings.patience > 0 && progress.evaluationsWithoutGain >= settings.patience)
        progress.stopped = true;
      if (progress.best.step === progress.step) lastSaved = undefined;
      onProgress(event(progress, data, { 'eval loss': loss }));
    }

    const improved = progress.best?.step === progress.step;
    if (finished || progress.stopped || improved || signal.aborted || every(settings.saveEvery)) {
      await log.flush();
      await save();
    }

    if (finished || progress.stopped) break;
    if (signal.aborted) throw interrupted(settings.resumeCommand, runFolder, progress.step);

    const learningRate =
      settings.learningRate *
      scheduleFactor(settings.schedule, progress.step, settings.warmupSteps, data.totalSteps);
    const stepStart = now();
    const result = await trainer.trainStep(data.batchesOf(progress.step), learningRate).catch(keepMetrics);
    const seconds = (now() - stepStart) / 1000;
    progress.step = trainer.step;
    progress.tokens += result.tokens;
    progress.seconds = startSeconds + (now() - start) / 1000;
    peakMemoryBytes = Math.max(peakMemoryBytes, ports.memory());

    log.add({
      step: progress.step,
      loss: result.loss,
      learning_rate: learningRate,
      grad_norm: result.gradientNorm,
      tokens: progress.tokens,
      tokens_per_second: result.tokens / seconds,
      seconds: progress.seconds,
    });
    if (log.shouldFlush(now())) await log.flush();
    onProgress(
      event(progress, data, {
        loss: result.loss,
        'learning rate': learningRate,
        'tokens/s': result.tokens / seconds,
        memory: `${(peakMemoryBytes / 1e9).toFixed(2)} GB`,
      }),
    );
  }

  await log.flush();
  if (progress.best !== null && progress.best.step !== progress.step) {
    await restoreWeights(files, checkpoints, trainer, progress.best.step);
  }
  return {
    steps: progress.step,
    trainLoss: log.recentTrainLoss(),
    evalLoss: progress.best?.evalLoss ?? null,
    bestStep: progress.best?.step ?? null,
    tokens: progress.tokens,
    tokensPerSecond: progress.tokens / progress.seconds,
    peakMemoryBytes,
    stoppedEarly: progress.stopped,
    metrics: log.lines,
  };
}

async function resume(
  trainer: Trainer,
  checkpoints: string,
  newest: number | undefined,
  files: FileSystem,
): Promise<TrainingProgress> {
  if (newest === undefined) {
    return { step: 0, best: null, evaluationsWithoutGain: 0, tokens: 0, seconds: 0, stopped: false };
  }
  const progress = await readProgress(files, checkpoints, newest);
  await restoreCheckpoint(files, checkpoints, trainer, newest);
  return progress;
}

function event(
  { step }: TrainingProgress,
  { totalSteps }: TrainingData,
  fields: Record<string, number | string>,
): Parameters<ProgressListener>[0] {
  return { stage: 'training', done: step, total: totalSteps, unit: 'steps', fields };
}

function diverged(step: number, loss: number): ToolkitError {
  return new ToolkitError(
    `training diverged: the evaluation loss at step ${step} is ${loss}`,
    'DIVERGED',
    'Lower --learning-rate, or raise --warmup-steps; the last checkpoint is intact.',
  );
}

function interrupted(resumeCommand: string, runFolder: string, step: number): ToolkitError {
  return new ToolkitError(
    `interrupted after step ${step}; everything up to it is saved in ${runFolder}`,
    'INTERRUPTED',
    `Go on with: ${resumeCommand}`,
  );
}
