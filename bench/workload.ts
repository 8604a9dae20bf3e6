import { loraParameters } from '../src/core/adapters/lora.js';
import { readModel } from '../src/core/architectures/index.js';
import { initializeParameters } from '../src/core/architectures/initialize.js';
import type { Engine } from '../src/core/engine/engine.js';
import { LanguageModel } from '../src/core/generation/language-model.js';
import { ADAMW_DEFAULTS } from '../src/core/optimizers/adamw.js';
import type { Batch } from '../src/core/training/batch.js';
import { Trainer } from '../src/core/training/trainer.js';
import type { Case, GenerationCase, TrainingCase } from './cases.js';
import { startClock, type Sample, type Time, type Turn } from './protocol.js';

/** The recipe of both sides; pytorch.py has the same. */
const OPTIMIZER = { ...ADAMW_DEFAULTS, weightDecay: 0.1, maximumGradientNorm: 1 };
const LEARNING_RATE = 1e-4;
const SEED = 1;

function toBatch({ batchSize, length }: TrainingCase, { tokens, targets }: Sample): Batch {
  const count = batchSize * length;
  return {
    batchSize,
    length,
    tokens: Int32Array.from(tokens),
    targets: Int32Array.from(targets),
    weights: new Float32Array(count).fill(1),
    positions: Int32Array.from({ length: count }, (_, index) => index % length),
    segments: new Int32Array(count).fill(1),
    tokenCount: count,
    supervisedCount: count,
  };
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if (logits[token]! > logits[best]!) best = token;
  return best;
}

/** A case made ready to be timed. */
export interface Workload {
  run(samples: readonly Sample[]): Promise<Turn>;
  dispose(): Promise<void>;
}

/** A case's training, as the toolkit's commands run it, timed step by step. */
class TrainingWorkload implements Workload {
  private constructor(
    private readonly measured: TrainingCase,
    private readonly trainer: Trainer,
  ) {}

  static async create(engine: Engine, measured: TrainingCase): Promise<TrainingWorkload> {
    const model = readModel(measured.config);
    const { lora } = measured;
    const added = lora === undefined ? [] : loraParameters(model, lora);
    const trained = {
      model,
      adapter: lora,
      frozen: lora === undefined ? [] : model.parameters,
      trainable: lora === undefined ? model.parameters : added,
    };
    const weights = initializeParameters([...model.parameters, ...added], SEED);
    return new TrainingWorkload(measured, await Trainer.create(engine, trained, weights, OPTIMIZER));
  }

  async run(samples: readonly Sample[]): Promise<Turn> {
    const step: Time[] = [];
    const losses: number[] = [];
    for (const batch of samples.map((sample) => toBatch(this.measured, sample))) {
      const clock = startClock();
      const { loss } = await this.trainer.trainStep([batch], LEARNING_RATE);
      step.push(clock());
      losses.push(loss);
    }
    return { times: { step }, losses };
  }

  async dispose(): Promise<void> {
    await this.trainer.dispose();
  }
}

/** A case's generation, timed from a prompt to its first token, and from there to the last. */
class GenerationWorkload implements Workload {
  private constructor(
    private readonly measured: GenerationCase,
    private readonly model: LanguageModel,
  ) {}

  static async create(engine: Engine, measured: GenerationCase): Promise<GenerationWorkload> {
    const model = readModel(measured.config);
    const weights = initializeParameters(model.parameters, SEED);
    return new GenerationWorkload(measured, await LanguageModel.create(engine, model, weights));
  }

  async run(samples: readonly Sample[]): Promise<Turn> {
    const prefill: Time[] = [];
    const decode: Time[] = [];
    for (const { tokens: prompt } of samples) {
      const promptClock = startClock();
      const cache = await this.model.createCache(1, prompt.length + this.measured.newTokens);
      let token = largest((await this.model.prefill(cache, [prompt]))[0]!);
      prefill.push(promptClock());
      const decodeClock = startClock();
      for (let count = 1; count < this.measured.newTokens; count++) {
        token = largest((await this.model.decode(cache, [token]))[0]!);
      }
      decode.push(decodeClock());
      cache.dispose();
    }
    return { times: { prefill, decode } };
  }

  async dispose(): Promise<void> {
    await this.model.dispose();
  }
}

/** Prepares a case on the toolkit, as its commands would. */
export function createWorkload(engine: Engine, measured: Case): Promise<Workload> {
  return measured.kind === 'training'
    ? TrainingWorkload.create(engine, measured)
    : GenerationWorkload.create(engine, measured);
}
