import { join } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { openSafetensors, writeSafetensors, type SafetensorsFile } from '../checkpoints/safetensors.js';
import type { TensorSource } from '../checkpoints/tensor-source.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { Trainer } from './trainer.js';

const STATE_FILE = 'state.json';
const WEIGHTS_FILE = 'weights.safetensors';
const OPTIMIZER_FILE = 'optimizer.safetensors';
const FOLDER = /^step-(\d+)$/;
/** Endings of folders that a checkpoint is written in and removed from: what a dead process leaves is none. */
const PARTIAL = '.partial';
const DISCARDED = '.discarded';
const LEFTOVER = /^\.step-\d+\.(partial|discarded)$/;

/** What a run must remember beside weights and optimiser state; everything else follows from the step. */
const progressSchema = z.object({
  step: z.int().nonnegative(),
  best: z.object({ step: z.int(), evalLoss: z.number() }).nullable(),
  evaluationsWithoutGain: z.int().nonnegative(),
  /** Supervised and other tokens processed, padding left out. */
  tokens: z.number().nonnegative(),
  /** Time spent training, in seconds, over all sessions. */
  seconds: z.number().nonnegative(),
  stopped: z.boolean(),
});

/** Where a run stands. */
export type TrainingProgress = z.output<typeof progressSchema>;

/** Name of a checkpoint's folder; names sort as steps do. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** Writes a checkpoint folder: it appears under its name only when all of it is on disk. */
export async function writeCheckpoint(
  files: FileSystem,
  folder: string,
  trainer: Trainer,
  progress: TrainingProgress,
): Promise<string> {
  const path = join(folder, checkpointName(progress.step));
  const partial = join(folder, `.${checkpointName(progress.step)}${PARTIAL}`);
  await files.remove(partial);
  await files.makeDirectory(partial);
  await writeSafetensors(files, join(partial, WEIGHTS_FILE), trainer.weights, 'F32');
  await writeSafetensors(files, join(partial, OPTIMIZER_FILE), trainer.optimizerState, 'F32');
  await files.writeAtomic(join(partial, STATE_FILE), `${JSON.stringify(progress, null, 2)}\n`);
  await removeCheckpoint(files, folder, progress.step);
  await files.rename(partial, path);
  return path;
}

/** Steps of the complete checkpoints in a folder, ascending; what an interruption left half-written is no checkpoint. */
export async function listCheckpoints(files: FileSystem, folder: string): Promise<number[]> {
  if ((await files.stat(folder)) === undefined) return [];
  const names = await files.list(folder);
  return names
    .map((name) => FOLDER.exec(name)?.[1])
    .filter((step) => step !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

function asSource(file: SafetensorsFile): TensorSource {
  return { tensors: file.tensors, readTensor: (name) => file.read(name) };
}

/** Reads a checkpoint's progress without its weights. */
export async function readProgress(
  files: FileSystem,
  folder: string,
  step: number,
): Promise<TrainingProgress> {
  const path = join(folder, checkpointName(step), STATE_FILE);
  try {
    return progressSchema.parse(JSON.parse(await files.readText(path)));
  } catch (error) {
    throw new ToolkitError(
      `${path}: the checkpoint's state cannot be read`,
      'BAD_CHECKPOINT',
      'Remove that folder; the run resumes from the one before.',
      error,
    );
  }
}

/** Puts a checkpoint's weights and optimiser state into a trainer. */
export async function restoreCheckpoint(
  files: FileSystem,
  folder: string,
  trainer: Trainer,
  step: number,
): Promise<void> {
  const path = join(folder, checkpointName(step));
  const weights = await openSafetensors(files, join(path, WEIGHTS_FILE));
  try {
    const optimizer = await openSafetensors(files, join(path, OPTIMIZER_FILE));
    try {
      await trainer.restore(step, asSource(weights), asSource(optimizer));
    } finally {
      await optimizer.close();
    }
  } finally {
    await weights.close();
  }
}

/** Puts only a checkpoint's weights into a trainer, for example those of the best evaluation. */
export async function restoreWeights(
  files: FileSystem,
  folder: string,
  trainer: Trainer,
  step: number,
): Promise<void> {
  const weights = await openSafetensors(files, join(folder, checkpointName(step), WEIGHTS_FILE));
  try {
    await trainer.loadWeights(asSource(weights));
  } finally {
    await weights.close();
  }
}

/** Removes all checkpoints but the newest `keep` and those of the given steps, and what dead processes left behind. */
export async function pruneCheckpoints(
  files: FileSystem,
  folder: string,
  keep: number,
  alsoKeep: readonly number[],
): Promise<void> {
  const steps = await listCheckpoints(files, folder);
  for (const step of steps.slice(0, Math.max(0, steps.length - keep))) {
    if (!alsoKeep.includes(step)) await removeCheckpoint(files, folder, step);
  }
  for (const name of await files.list(folder)) {
    if (LEFTOVER.test(name)) await files.remove(join(folder, name));
  }
}

/** Removes a checkpoint, if there is one; at no moment does half of it stand under its name. */
async function removeCheckpoint(files: FileSystem, folder: string, step: number): Promise<void> {
  const path = join(folder, checkpointName(step));
  if ((await files.stat(path)) === undefined) return;
  const discarded = join(folder, `.${checkpointName(step)}${DISCARDED}`);
  await files.remove(discarded);
  await files.rename(path, discarded);
  await files.remove(discarded);
}
