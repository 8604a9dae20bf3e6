import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkpointName,
  listCheckpoints,
  pruneCheckpoints,
  readProgress,
  restoreCheckpoint,
  restoreWeights,
  writeCheckpoint,
  type TrainingProgress,
} from '../../../src/core/training/training-checkpoint.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { readTensors } from '../../golden/golden.js';
import { numberedBatch, RecordedTrainer } from './recorded-trainer.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'genai-checkpoint-')), 'checkpoints');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

const progressAt = (step: number): TrainingProgress => ({
  step,
  best: { step: 1, evalLoss: 0.1 + 0.2 },
  evaluationsWithoutGain: 2,
  tokens: 300,
  seconds: 1.5,
  stopped: false,
});

async function trainedTrainer(steps: number): Promise<RecordedTrainer> {
  const trainer = new RecordedTrainer();
  for (let step = 0; step < steps; step++) await trainer.trainStep([numberedBatch(step)], 0.1);
  return trainer;
}

const write = (step: number, trainer: RecordedTrainer): Promise<string> =>
  writeCheckpoint(nodeFileSystem, folder, trainer.asTrainer, progressAt(step));

describe('a checkpoint', () => {
  it('brings back every bit', async () => {
    const trainer = await trainedTrainer(7);
    const path = await write(7, trainer);
    expect(path).toBe(join(folder, 'step-00000007'));
    expect(readdirSync(folder)).toEqual(['step-00000007']);
    const stored = await readTensors(join(path, 'weights.safetensors'));
    expect(stored.get('weight')!.data).toEqual(trainer.values);
    const restored = new RecordedTrainer();
    await restoreCheckpoint(nodeFileSystem, folder, restored.asTrainer, 7);
    expect([restored.values, restored.momentum, restored.step]).toEqual([
      trainer.values,
      trainer.momentum,
      7,
    ]);
    expect(await readProgress(nodeFileSystem, folder, 7)).toEqual(progressAt(7));
  });

  it('gives its weights alone', async () => {
    const trainer = await trainedTrainer(2);
    await write(2, trainer);
    const other = await trainedTrainer(5);
    const momentum = other.momentum.slice();
    await restoreWeights(nodeFileSystem, folder, other.asTrainer, 2);
    expect([other.values, other.momentum, other.step]).toEqual([trainer.values, momentum, 5]);
  });

  it('replaces one of the same step, and what a dead process left of it', async () => {
    await write(3, await trainedTrainer(1));
    mkdirSync(join(folder, '.step-00000003.partial'));
    mkdirSync(join(folder, '.step-00000003.discarded'));
    writeFileSync(join(folder, '.step-00000003.discarded', 'state.json'), '');
    const trainer = await trainedTrainer(3);
    await write(3, trainer);
    expect(readdirSync(folder)).toEqual(['step-00000003']);
    const restored = new RecordedTrainer();
    await restoreWeights(nodeFileSystem, folder, restored.asTrainer, 3);
    expect(restored.values).toEqual(trainer.values);
  });

  it('is not one before it is whole', async () => {
    expect(await listCheckpoints(nodeFileSystem, folder)).toEqual([]);
    for (const name of ['.step-00000009.partial', '.step-00000008.discarded', 'step-x', 'notes'])
      mkdirSync(join(folder, name), { recursive: true });
    for (const step of [100000000, 2, 10]) await write(step, await trainedTrainer(1));
    expect(await listCheckpoints(nodeFileSystem, folder)).toEqual([2, 10, 100000000]);
  });

  it.each([
    ['cut off', '{"step": 4, "best"'],
    ['of wrong types', JSON.stringify({ ...progressAt(4), step: '4' })],
    ['without a field', JSON.stringify({ ...progressAt(4), tokens: undefined })],
  ])('is refused when its state is %s', async (_what, text) => {
    const path = await write(4, await trainedTrainer(1));
    writeFileSync(join(path, 'state.json'), text);
    await expect(readProgress(nodeFileSystem, folder, 4)).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
  });

  it.each(['weights.safetensors', 'optimizer.safetensors'])('is refused when %s is cut off', async (file) => {
    const path = await write(4, await trainedTrainer(1));
    const bytes = await nodeFileSystem.readBytes(join(path, file));
    writeFileSync(join(path, file), bytes.subarray(0, bytes.length - 3));
    const trainer = new RecordedTrainer();
    await expect(restoreCheckpoint(nodeFileSystem, folder, trainer.asTrainer, 4)).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
    });
  });
});

it('prunes all but the newest and the best, and leftovers', async () => {
  for (const step of [1, 2, 3, 4, 5]) await write(step, await trainedTrainer(1));
  mkdirSync(join(folder, '.step-00000009.partial'));
  mkdirSync(join(folder, 'notes'));
  await pruneCheckpoints(nodeFileSystem, folder, 2, [2]);
  expect(readdirSync(folder).sort()).toEqual(['notes', ...[2, 4, 5].map(checkpointName)]);
});
