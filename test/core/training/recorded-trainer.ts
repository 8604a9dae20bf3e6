import type { HostTensor } from '../../../src/core/checkpoints/checkpoint.js';
import type { TensorSource } from '../../../src/core/checkpoints/tensor-source.js';
import type { Batch } from '../../../src/core/training/batch.js';
import type { EvaluationResult, StepResult, Trainer } from '../../../src/core/training/trainer.js';

/** A batch that only bears its number, in its first token. */
export function numberedBatch(number: number): Batch {
  const one = Int32Array.of(number);
  return {
    batchSize: 1,
    length: 1,
    tokens: one,
    targets: one,
    weights: Float32Array.of(1),
    positions: one,
    segments: Int32Array.of(1),
    tokenCount: 3,
    supervisedCount: 1,
  };
}

function source(name: string, read: () => Float32Array): TensorSource {
  return {
    tensors: new Map([[name, { shape: [2] }]]),
    readTensor: async (): Promise<HostTensor> => ({ shape: [2], data: read().slice() }),
  };
}

/**
 * Stands in for a trainer where only the loop is tested: two weights under momentum descend a bowl whose bottom is at
 * the batch's number. A step depends on all that a checkpoint must hold, and costs nothing.
 */
export class RecordedTrainer {
  readonly values = Float32Array.of(4, -2);
  readonly momentum = new Float32Array(2);
  /** Learning rates as they came. */
  readonly learningRates: number[] = [];
  /** Numbers of the batches evaluated, one list per evaluation. */
  readonly evaluated: number[][] = [];
  step = 0;

  /** @param evaluationLoss of an evaluation at some step; the weights decide unless told */
  constructor(private readonly evaluationLoss?: (step: number) => number) {}

  /** As the loop takes it: it uses what is public only. */
  get asTrainer(): Trainer {
    return this as unknown as Trainer;
  }

  get weights(): TensorSource {
    return source('weight', () => this.values);
  }

  get optimizerState(): TensorSource {
    return source('momentum', () => this.momentum);
  }

  async trainStep(batches: readonly Batch[], learningRate: number): Promise<StepResult> {
    this.learningRates.push(learningRate);
    const target = batches[0]!.tokens[0]!;
    let loss = 0;
    this.values.forEach((value, index) => {
      loss += (value - target) ** 2;
      this.momentum[index] = 0.9 * this.momentum[index]! + (value - target);
      this.values[index] = value - learningRate * this.momentum[index];
    });
    this.step++;
    return { loss, gradientNorm: Math.sqrt(loss), tokens: 3 };
  }

  async evaluate(batches: Iterable<Batch>): Promise<EvaluationResult> {
    this.evaluated.push([...batches].map(({ tokens }) => tokens[0]!));
    const loss = this.evaluationLoss?.(this.step) ?? this.values.reduce((sum, value) => sum + value ** 2, 0);
    return { loss, supervisedTokens: 1 };
  }

  async loadWeights(weights: TensorSource): Promise<void> {
    this.values.set((await weights.readTensor('weight')).data);
  }

  async restore(step: number, weights: TensorSource, optimizerState: TensorSource): Promise<void> {
    await this.loadWeights(weights);
    this.momentum.set((await optimizerState.readTensor('momentum')).data);
    this.step = step;
  }
}
