import { setTimeout as wait } from 'node:timers/promises';
import type { Model } from '../src/core/architectures/architecture.js';
import { Random } from '../src/core/training/random.js';
import type { Case } from './cases.js';
import type { MatrixProduct } from './matrix-products.js';
import { Participant } from './participant.js';
import type { Memory, Request, Sample, Turn } from './protocol.js';
import { pytorchParticipant, type Python } from './python.js';

export interface MeasureOptions {
  readonly threads: number;
  /** Steps, or texts, that are timed on each side. */
  readonly steps: number;
  /** The side to compare with, if there is one. */
  readonly python: Python | undefined;
  /** Lets PyTorch use fused kernels that it does not choose by itself. */
  readonly tuned: boolean;
}

/** What one participant answered, warm-up left out. */
export interface Recording {
  readonly turns: readonly Turn[];
  readonly memory: Memory;
}

export interface Recordings {
  readonly matrix: Recording;
  readonly toolkit: Recording;
  /** A message where PyTorch failed, `null` where there is none. */
  readonly pytorch: Recording | string | null;
}

/** Samples that are taken in one go: on a noisy machine both sides must meet the same noise. */
const SAMPLES_PER_TURN = 3;
/** Discarded: buffers are allocated and their pages first touched. */
const WARM_UP_SAMPLES = 3;
/** After this long the threads of the side before have stopped spinning. */
const PAUSE_MILLISECONDS = 250;
const SEED = 7;

/** Random training batches or prompts. */
export function drawSamples(measured: Case, model: Model, random: Random, count: number): Sample[] {
  const draw = (tokens: number): number[] =>
    Array.from({ length: tokens }, () => random.integer(model.shape.vocabulary));
  return Array.from({ length: count }, () =>
    measured.kind === 'generation'
      ? { tokens: draw(measured.promptLength), targets: [] }
      : {
          tokens: draw(measured.batchSize * measured.length),
          targets: draw(measured.batchSize * measured.length),
        },
  );
}

/** A participant with what it has answered so far. */
class Contestant {
  private readonly turns: Turn[] = [];
  private failure: string | undefined;

  constructor(
    private readonly participant: Participant,
    /** Whether the others go on when this one fails. */
    private readonly optional = false,
  ) {}

  /** @returns `undefined` once an optional participant has failed */
  async ask<Reply extends object>(request: Request): Promise<Reply | undefined> {
    if (this.failure !== undefined) return undefined;
    try {
      return await this.participant.ask<Reply>(request);
    } catch (error) {
      if (!this.optional) throw error;
      this.failure = (error as Error).message;
      await this.end();
      return undefined;
    } finally {
      await wait(PAUSE_MILLISECONDS);
    }
  }

  async record(samples: readonly Sample[]): Promise<void> {
    const turn = await this.ask<Turn>({ do: 'compute', samples });
    if (turn !== undefined) this.turns.push(turn);
  }

  async recording(): Promise<Recording | string> {
    const memory = await this.ask<Memory>({ do: 'memory' });
    return memory === undefined ? this.failure! : { turns: this.turns, memory };
  }

  end(): Promise<void> {
    return this.participant.end();
  }
}

/**
 * Runs a case on the toolkit and on PyTorch in turn, a few samples each and the one that began last goes first, with
 * bare matrix products in between. While one computes the others wait for input.
 *
 * @param products shapes of the bare products
 */
export async function measure(
  measured: Case,
  model: Model,
  products: readonly MatrixProduct[],
  { threads, steps, python, tuned }: MeasureOptions,
): Promise<Recordings> {
  const matrix = new Contestant(Participant.ofFile('Matrix products', 'matrix-participant.ts'));
  const toolkit = new Contestant(Participant.ofFile('The toolkit', 'toolkit-participant.ts'));
  const pytorch = python && new Contestant(pytorchParticipant(python, threads), true);
  const contestants = pytorch ? [matrix, toolkit, pytorch] : [matrix, toolkit];
  const random = new Random(SEED);
  try {
    for (const contestant of contestants) {
      await contestant.ask({ do: 'prepare', case: measured, threads, products, tuned });
    }
    const warmUp = drawSamples(measured, model, random, WARM_UP_SAMPLES);
    for (const contestant of contestants) await contestant.ask({ do: 'compute', samples: warmUp });
    for (let taken = 0; taken < steps; taken += SAMPLES_PER_TURN) {
      const samples = drawSamples(measured, model, random, Math.min(SAMPLES_PER_TURN, steps - taken));
      for (const contestant of contestants) await contestant.record(samples);
      contestants.reverse();
    }
    return {
      matrix: (await matrix.recording()) as Recording,
      toolkit: (await toolkit.recording()) as Recording,
      pytorch: (await pytorch?.recording()) ?? null,
    };
  } finally {
    for (const contestant of contestants) await contestant.end();
  }
}
