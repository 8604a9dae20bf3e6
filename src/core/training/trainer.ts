import type { HostTensor, StateDict } from '../checkpoints/checkpoint.js';
import type { TensorSource } from '../checkpoints/tensor-source.js';
import type { Cell, ElementwiseUpdate, Engine, Executable, Program, TensorData } from '../engine/engine.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { adamW, adamWScalars, type AdamWSettings } from '../optimizers/adamw.js';
import { clippingFactor } from '../optimizers/gradient-clipping.js';
import type { Batch } from './batch.js';
import {
  batchFeeds,
  batchShape,
  gradientName,
  gradientProgram,
  lossProgram,
  type TrainedModel,
} from './programs.js';

/** How weights are updated. */
export interface OptimizerSettings extends AdamWSettings {
  /** Decay per unit of learning rate, of parameters with two dimensions: norms and biases do not decay. */
  readonly weightDecay: number;
  /** Gradients are scaled down to this 2-norm over all parameters; 0 leaves them. */
  readonly maximumGradientNorm: number;
}

/** What one optimiser step did. */
export interface StepResult {
  /** Mean cross-entropy per supervised token, in nats, before the update. */
  readonly loss: number;
  /** 2-norm of the gradient over all trained parameters, before clipping. */
  readonly gradientNorm: number;
  /** Tokens processed, padding left out. */
  readonly tokens: number;
}

/** A mean loss and how many tokens it is over. */
export interface EvaluationResult {
  /** Mean cross-entropy per supervised token, in nats. */
  readonly loss: number;
  readonly supervisedTokens: number;
}

/** Dropout counters set aside for the batches of one step, so that no two steps share any, whatever they accumulate. */
const BATCH_COUNTERS = 65_536;

const MOMENTS = ['first_moment', 'second_moment'] as const;

interface Compiled {
  readonly program: Program;
  readonly executable: Executable;
}

/**
 * A model being trained on one engine: weights, gradients and optimiser state in cells, and the programs that move
 * them, compiled once per batch shape.
 */
export class Trainer {
  private readonly compiled = new Map<string, Promise<Compiled>>();
  private stepsDone = 0;

  private constructor(
    private readonly engine: Engine,
    readonly trained: TrainedModel,
    private readonly optimizer: OptimizerSettings,
    private readonly update: ElementwiseUpdate,
    private readonly parameters: Readonly<Record<string, Cell>>,
    private readonly gradients: Readonly<Record<string, Cell>>,
    private readonly moments: Readonly<Record<(typeof MOMENTS)[number], Readonly<Record<string, Cell>>>>,
  ) {}

  /**
   * @param weights every parameter of the model and its adapter; on the CPU they are trained in place, without a copy
   */
  static async create(
    engine: Engine,
    trained: TrainedModel,
    weights: StateDict,
    optimizer: OptimizerSettings,
  ): Promise<Trainer> {
    const parameters: Record<string, Cell> = {};
    for (const { name, shape } of [...trained.frozen, ...trained.trainable]) {
      const tensor = weights.get(name);
      if (tensor === undefined)
        throw new ToolkitError(`the checkpoint has no tensor ${name}`, 'BAD_CHECKPOINT');
      parameters[name] = await engine.cell({ shape, dtype: 'float32' }, tensor.data);
    }
    const cellsLikeTrained = async (rename: (name: string) => string): Promise<Record<string, Cell>> => {
      const cells: Record<string, Cell> = {};
      for (const { name, shape } of trained.trainable) {
        cells[rename(name)] = await engine.cell({ shape, dtype: 'float32' });
      }
      return cells;
    };
    const same = (name: string): string => name;
    return new Trainer(
      engine,
      trained,
      optimizer,
      await engine.compileElementwise(adamW(optimizer)),
      parameters,
      await cellsLikeTrained(gradientName),
      { first_moment: await cellsLikeTrained(same), second_moment: await cellsLikeTrained(same) },
    );
  }

  /** Optimiser steps taken so far. */
  get step(): number {
    return this.stepsDone;
  }

  /**
   * One optimiser step over all batches together: every supervised token weighs the same, however they are batched.
   *
   * @throws ToolkitError `DIVERGED` when loss or gradient is not finite; the weights are then unchanged
   */
  async trainStep(batches: readonly Batch[], learningRate: number): Promise<StepResult> {
    const supervised = batches.reduce((sum, batch) => sum + batch.supervisedCount, 0);
    let loss = 0;
    let squaredNorm = 0;
    // A shape's batches are all added to zeros: one graph for the first and others for the rest would hold twice the memory.
    const accumulate = batches.length > 1;
    if (accumulate) for (const gradient of Object.values(this.gradients)) await gradient.clear();
    for (const [index, batch] of batches.entries()) {
      const { program, executable } = await this.gradientsFor(batch, accumulate);
      const feeds: Record<string, Cell | TensorData> = {
        ...this.parameters,
        ...batchFeeds(program, { ...batch, weights: batch.weights.map((weight) => weight / supervised) }),
      };
      if (accumulate) Object.assign(feeds, this.gradients);
      if ('dropout_counter' in program.inputs) {
        feeds['dropout_counter'] = Int32Array.of(this.stepsDone * BATCH_COUNTERS + index);
      }
      const results = await executable.run(feeds, this.gradients);
      loss += results['loss']![0]!;
      squaredNorm = results['squared_norm']![0]!;
    }
    const gradientNorm = Math.sqrt(squaredNorm);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new ToolkitError(
        `training diverged at step ${this.stepsDone + 1}: loss ${loss}, gradient norm ${gradientNorm}`,
        'DIVERGED',
        'Lower --learning-rate, or raise --warmup-steps; the last checkpoint is intact.',
      );
    }
    await this.applyUpdate(learningRate, gradientNorm);
    this.stepsDone++;
    return { loss, gradientNorm, tokens: batches.reduce((sum, batch) => sum + batch.tokenCount, 0) };
  }

  /** Mean loss over batches, without dropout. */
  async evaluate(batches: Iterable<Batch>): Promise<EvaluationResult> {
    let [total, supervisedTokens] = [0, 0];
    for (const batch of batches) {
      const { program, executable } = await this.compile(`evaluate ${shapeKey(batch)}`, () =>
        lossProgram(this.trained, batchShape(batch)),
      );
      const { loss } = await executable.run({ ...this.parameters, ...batchFeeds(program, batch) });
      total += loss![0]!;
      supervisedTokens += batch.supervisedCount;
    }
    return { loss: total / supervisedTokens, supervisedTokens };
  }

  /** The trained parameters, read one at a time. */
  get weights(): TensorSource {
    return cellSource(
      this.parameters,
      this.trained.trainable.map(({ name }) => name),
    );
  }

  /** All parameters, frozen ones too, read one at a time. */
  get allWeights(): TensorSource {
    return cellSource(this.parameters, Object.keys(this.parameters));
  }

  /** The optimiser's moments, as `first_moment/<parameter>` and `second_moment/<parameter>`. */
  get optimizerState(): TensorSource {
    const cells: Record<string, Cell> = {};
    for (const moment of MOMENTS) {
      for (const [name, cell] of Object.entries(this.moments[moment])) cells[`${moment}/${name}`] = cell;
    }
    return cellSource(cells, Object.keys(cells));
  }

  /** Replaces the trained parameters. */
  async loadWeights(weights: TensorSource): Promise<void> {
    for (const { name } of this.trained.trainable) {
      await this.parameters[name]!.write((await weights.readTensor(name)).data);
    }
  }

  /** Puts back what {@link weights} and {@link optimizerState} gave at `step`. */
  async restore(step: number, weights: TensorSource, optimizerState: TensorSource): Promise<void> {
    await this.loadWeights(weights);
    for (const { name } of this.trained.trainable) {
      for (const moment of MOMENTS) {
        await this.moments[moment][name]!.write((await optimizerState.readTensor(`${moment}/${name}`)).data);
      }
    }
    this.stepsDone = step;
  }

  async dispose(): Promise<void> {
    for (const entry of this.compiled.values()) await (await entry).executable.dispose();
    await this.update.dispose();
    const cells = [this.parameters, this.gradients, ...Object.values(this.moments)].flatMap((group) =>
      Object.values(group),
    );
    for (const cell of cells) cell.dispose();
  }

  private gradientsFor(batch: Batch, accumulate: boolean): Promise<Compiled> {
    return this.compile(`${accumulate ? 'accumulate' : 'replace'} ${shapeKey(batch)}`, () =>
      gradientProgram(this.trained, batchShape(batch), accumulate),
    );
  }

  private compile(key: string, program: () => Program): Promise<Compiled> {
    let entry = this.compiled.get(key);
    if (entry === undefined) {
      const made = program();
      entry = this.engine.compile(made).then((executable) => ({ program: made, executable }));
      this.compiled.set(key, entry);
    }
    return entry;
  }

  private async applyUpdate(learningRate: number, gradientNorm: number): Promise<void> {
    const scale = clippingFactor(gradientNorm, this.optimizer.maximumGradientNorm);
    for (const decays of [true, false]) {
      const groups = this.trained.trainable
        .filter(({ shape }) => shape.length >= 2 === decays)
        .map(({ name }) => ({
          parameter: this.parameters[name]!,
          gradient: this.gradients[gradientName(name)]!,
          first_moment: this.moments.first_moment[name]!,
          second_moment: this.moments.second_moment[name]!,
        }));
      if (groups.length === 0) continue;
      const decay = decays ? this.optimizer.weightDecay : 0;
      await this.update.apply(
        groups,
        adamWScalars(this.optimizer, this.stepsDone + 1, learningRate, decay, scale),
      );
    }
  }
}

function shapeKey(batch: Batch): string {
  const { batchSize, length, packed, lossRows } = batchShape(batch);
  return `${batchSize}x${length}${packed ? ' packed' : ''} ${lossRows ?? 'all'}`;
}

function cellSource(cells: Readonly<Record<string, Cell>>, names: readonly string[]): TensorSource {
  return {
    tensors: new Map(names.map((name) => [name, { shape: cells[name]!.shape }])),
    readTensor: async (name): Promise<HostTensor> => ({
      shape: cells[name]!.shape,
      data: (await cells[name]!.read()) as Float32Array,
    }),
  };
}
