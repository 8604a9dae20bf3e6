import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricsLine } from '../../../src/core/training/metrics-log.js';
import {
  runTraining,
  type LoopPorts,
  type LoopSettings,
  type TrainingData,
  type TrainingOutcome,
} from '../../../src/core/training/run-training.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { Crash, crashingFileSystem } from './crashing-file-system.js';
import { numberedBatch, RecordedTrainer } from './recorded-trainer.js';

const SETTINGS: LoopSettings = {
  learningRate: 0.1,
  schedule: 'constant',
  warmupSteps: 0,
  evaluateEvery: 3,
  saveEvery: 2,
  keepCheckpoints: 1,
  patience: 0,
  resumeCommand: 'go on',
};
const DATA: TrainingData = {
  totalSteps: 10,
  batchesOf: (step) => [numberedBatch(step % 3)],
  evaluation: [0, 1, 2].map(numberedBatch),
};

let folder: string;
let clock: number;
let run: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-loop-'));
  run = join(folder, 'run');
  clock = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

function ports(changed: Partial<LoopPorts> = {}): LoopPorts {
  return {
    files: nodeFileSystem,
    now: () => (clock += 500),
    memory: () => clock,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...changed,
  };
}

function train(
  trainer: RecordedTrainer,
  changed: {
    data?: Partial<TrainingData>;
    settings?: Partial<LoopSettings>;
    ports?: Partial<LoopPorts>;
    run?: string;
  } = {},
): Promise<TrainingOutcome> {
  return runTraining(
    trainer.asTrainer,
    { ...DATA, ...changed.data },
    { ...SETTINGS, ...changed.settings },
    changed.run ?? run,
    ports(changed.ports),
  );
}

function metrics(of = run): MetricsLine[] {
  const text = readFileSync(join(of, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as MetricsLine);
}

/** What must not depend on interruptions: all but the time taken. */
function untimed(lines: readonly MetricsLine[]): object[] {
  return lines.map((line) =>
    'loss' in line ? { ...line, seconds: undefined, tokens_per_second: undefined } : line,
  );
}

const checkpoints = (of = run): string[] => readdirSync(join(of, 'checkpoints')).sort();
const name = (step: number): string => `step-${String(step).padStart(8, '0')}`;

/** Aborts once `step` steps are done. */
function interruptAfter(step: number): Partial<LoopPorts> {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === step) controller.abort();
    },
  };
}

describe('the training loop', () => {
  it('evaluates, saves and logs when it should', async () => {
    const losses: Record<number, number> = { 3: 5, 6: 2, 9: 3, 10: 4 };
    const trainer = new RecordedTrainer((step) => losses[step] ?? 9);
    const outcome = await train(trainer);
    // Two batches before the first step, then all of them.
    expect(trainer.evaluated).toEqual([[0, 1], ...Array<number[]>(4).fill([0, 1, 2])]);
    const lines = metrics();
    expect(lines.map((line) => ('loss' in line ? line.step : -line.step))).toEqual([
      ...[1, 2, 3, -3, 4, 5, 6, -6, 7, 8, 9, -9, 10, -10],
    ]);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(
        'loss' in line
          ? ['step', 'loss', 'learning_rate', 'grad_norm', 'tokens', 'tokens_per_second', 'seconds']
          : ['step', 'eval_loss', 'perplexity'],
      );
    }
    expect(lines[0]).toMatchObject({ loss: 20, grad_norm: Math.sqrt(20), learning_rate: 0.1, tokens: 3 });
    expect(lines[3]).toEqual({ step: 3, eval_loss: 5, perplexity: Math.exp(5) });
    // The newest one, and the best.
    expect(checkpoints()).toEqual([name(6), name(10)]);
    const stepLosses = lines.flatMap((line) => ('loss' in line ? [line.loss] : []));
    expect(outcome).toMatchObject({ steps: 10, evalLoss: 2, bestStep: 6, stoppedEarly: false, tokens: 30 });
    expect(outcome.trainLoss).toBeCloseTo(stepLosses.reduce((a, b) => a + b) / 10, 12);
    expect(outcome.metrics).toEqual(lines);
  });

  it('leaves the weights of the best evaluation behind', async () => {
    const best = new RecordedTrainer();
    await train(best, { data: { totalSteps: 6, evaluation: [] }, run: join(folder, 'six') });
    const trainer = new RecordedTrainer((step) => Math.abs(step - 6) + 1);
    await train(trainer);
    expect([...trainer.values]).toEqual([...best.values]);
  });

  it('leaves the last weights behind without an evaluation', async () => {
    const trainer = new RecordedTrainer();
    const outcome = await train(trainer, { data: { evaluation: [] } });
    expect(outcome).toMatchObject({ evalLoss: null, bestStep: null, steps: 10 });
    expect(trainer.evaluated).toEqual([]);
    expect(trainer.step).toBe(10);
  });

  it('warms up and decays as the schedule says', async () => {
    const trainer = new RecordedTrainer();
    await train(trainer, { settings: { schedule: 'linear', warmupSteps: 2 }, data: { totalSteps: 6 } });
    // transformers' get_linear_schedule_with_warmup: step / 2, then (6 - step) / 4.
    const expected = [0, 0.05, 0.1, 0.075, 0.05, 0.025];
    trainer.learningRates.forEach((rate, step) => expect(rate).toBeCloseTo(expected[step]!, 12));
  });

  it('stops when evaluations no longer gain', async () => {
    const outcome = await train(new RecordedTrainer((step) => (step === 3 ? 1 : 2)), {
      settings: { patience: 2 },
      data: { totalSteps: 100 },
    });
    expect(outcome).toMatchObject({ steps: 9, bestStep: 3, stoppedEarly: true });
    // A run that stopped stays stopped.
    const again = await train(new RecordedTrainer(() => 0), {
      settings: { patience: 2 },
      data: { totalSteps: 100 },
    });
    expect(again).toMatchObject({ steps: 9, bestStep: 3, stoppedEarly: true });
  });

  it('does not call the end of the data an early stop', async () => {
    const outcome = await train(new RecordedTrainer((step) => (step === 3 ? 1 : 2)), {
      settings: { patience: 3 },
    });
    expect(outcome).toMatchObject({ steps: 10, stoppedEarly: false });
  });

  it('keeps the metrics of a run that diverges', async () => {
    const trainer = new RecordedTrainer((step) => (step === 3 ? NaN : 1));
    await expect(train(trainer, { ports: { now: () => 0 } })).rejects.toMatchObject({
      code: 'DIVERGED',
      message: 'training diverged: the evaluation loss at step 3 is NaN',
    });
    expect(metrics().map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(checkpoints()).toEqual([name(2)]);
  });
});

describe('an interrupted run', () => {
  it.each([1, 3, 4, 9])('goes on after step %i to what an unbroken run gives', async (step) => {
    const unbroken = new RecordedTrainer();
    const whole = await train(unbroken, { run: join(folder, 'whole') });

    await expect(train(new RecordedTrainer(), { ports: interruptAfter(step) })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: `interrupted after step ${step}; everything up to it is saved in ${run}`,
      hint: 'Go on with: go on',
    });
    expect(checkpoints()).toContain(name(step));
    const resumed = new RecordedTrainer();
    const outcome = await train(resumed);
    expect(resumed.learningRates).toHaveLength(10 - step);
    expect(resumed.values).toEqual(unbroken.values);
    expect(untimed(metrics())).toEqual(untimed(metrics(join(folder, 'whole'))));
    const { tokens, evalLoss, bestStep, trainLoss } = whole;
    expect(outcome).toMatchObject({ steps: 10, tokens, evalLoss, bestStep, trainLoss });
  });

  it('adds up the time of its sessions', async () => {
    await expect(train(new RecordedTrainer(), { ports: interruptAfter(4) })).rejects.toThrow();
    const before = metrics().findLast((line) => 'seconds' in line)!.seconds;
    clock = 0;
    await train(new RecordedTrainer());
    const seconds = metrics().flatMap((line) => ('seconds' in line ? [line.seconds] : []));
    expect(seconds[4]).toBeGreaterThan(before);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  });

  it('saves even before its first step', async () => {
    await expect(
      train(new RecordedTrainer(), { ports: { signal: AbortSignal.abort() } }),
    ).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(checkpoints()).toEqual([name(0)]);
    expect((await train(new RecordedTrainer())).steps).toBe(10);
  });

  it('that is finished is resumed without a step', async () => {
    const first = await train(new RecordedTrainer());
    const trainer = new RecordedTrainer();
    const again = await train(trainer);
    expect(trainer.learningRates).toEqual([]);
    expect({ ...again, peakMemoryBytes: 0 }).toEqual({ ...first, peakMemoryBytes: 0 });
  });

  it('names the checkpoint that cannot be read', async () => {
    await train(new RecordedTrainer());
    await nodeFileSystem.writeAtomic(join(run, 'checkpoints', name(10), 'state.json'), '{"step": 10}');
    await expect(train(new RecordedTrainer())).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: `${join(run, 'checkpoints', name(10), 'state.json')}: the checkpoint's state cannot be read`,
    });
  });
});

it('a process that dies in any change of a file loses nothing but time', async () => {
  const unbroken = new RecordedTrainer();
  const whole = await train(unbroken, { run: join(folder, 'whole') });
  const counting = crashingFileSystem(Infinity);
  await train(new RecordedTrainer(), { ports: { files: counting }, run: join(folder, 'count') });
  const total = counting.changes();
  expect(total).toBeGreaterThan(50);
  for (let crashAt = 0; crashAt < total; crashAt++) {
    const broken = join(folder, `crash-${crashAt}`);
    await expect(
      train(new RecordedTrainer(), { ports: { files: crashingFileSystem(crashAt) }, run: broken }),
    ).rejects.toThrow(Crash);
    const resumed = new RecordedTrainer();
    const outcome = await train(resumed, {
      ports: { files: crashingFileSystem(Infinity) },
      run: broken,
    });
    expect(resumed.values, `died in change ${crashAt}`).toEqual(unbroken.values);
    expect(untimed(metrics(broken)), `died in change ${crashAt}`).toEqual(
      untimed(metrics(join(folder, 'whole'))),
    );
    expect(outcome.bestStep).toBe(whole.bestStep);
    expect(checkpoints(broken)).toEqual(checkpoints(join(folder, 'whole')));
  }
});
