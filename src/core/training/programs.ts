import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { loraAdaptation, loraWeightChange, type LoraSettings } from '../adapters/lora.js';
import type { Model, ParameterSpec } from '../architectures/architecture.js';
import type { Program, TensorData, TensorSpec } from '../engine/engine.js';
import { sumOfSquares } from '../engine/operations/sum-of-squares.js';
import { sequenceAttention } from '../layers/attention.js';
import type { ForwardContext } from '../layers/forward-context.js';
import { linearCrossEntropy } from '../losses/linear-cross-entropy.js';
import { tokenLosses } from '../losses/token-losses.js';
import { fakeQuantize } from '../quantization/fake-quantization.js';
import type { PlannedLayer } from '../quantization/plan-layers.js';
import type { Batch } from './batch.js';

/** A model with what is trained of it. */
export interface TrainedModel {
  readonly model: Model;
  /** Present when an adapter is trained, or evaluated, on frozen weights. */
  readonly adapter: LoraSettings | undefined;
  /** Parameters that no gradient is taken for. */
  readonly frozen: readonly ParameterSpec[];
  readonly trainable: readonly ParameterSpec[];
  /** Linear layers that compute with their weights, an adapter merged into them, as these are once quantised. */
  readonly rounded?: readonly PlannedLayer[] | undefined;
}

/** What decides a program's shapes. */
export interface BatchShape {
  readonly batchSize: number;
  readonly length: number;
  /** Several dataset rows share a row of the batch and must not see each other. */
  readonly packed: boolean;
  /** Positions whose prediction is computed; all of them unless told. */
  readonly lossRows?: number;
}

/**
 * Positions that a loss is computed at, as shares of all: the fewest that hold those learnt from. Where only answers
 * are learnt, the output layer, often the largest product of a step, is not spent on prompts and padding. A few sizes
 * keep the number of graphs small.
 */
const LOSS_SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2];

/** The shape of the programs that a batch needs. */
export function batchShape({ batchSize, length, segments, supervisedCount }: Batch): BatchShape {
  const positions = batchSize * length;
  const lossRows = LOSS_SHARES.map((share) => Math.ceil(positions * share)).find(
    (rows) => rows >= supervisedCount,
  );
  return {
    batchSize,
    length,
    // Padding needs no separation from the row before it, since nothing is learnt there; only packed rows do.
    packed: segments.some((segment) => segment > 1),
    ...(lossRows !== undefined && { lossRows }),
  };
}

type Tensors = Readonly<Record<string, Tensor>>;

function batchInputs({ batchSize, length, packed, lossRows }: BatchShape): Record<string, TensorSpec> {
  const ids: TensorSpec = { shape: [batchSize, length], dtype: 'int32' };
  const predicted = lossRows === undefined ? ids.shape : [lossRows];
  return {
    tokens: ids,
    targets: { shape: predicted, dtype: 'int32' },
    positions: ids,
    weights: { shape: predicted, dtype: 'float32' },
    ...(lossRows !== undefined && { loss_rows: { shape: [lossRows], dtype: 'int32' as const } }),
    ...(packed ? { segments: ids } : {}),
  };
}

function parameterInputs(parameters: readonly ParameterSpec[]): Record<string, TensorSpec> {
  return Object.fromEntries(
    parameters.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }]),
  );
}

/** Where targets are learnt from, with targets and weights of those positions only; filled up with weight 0. */
function learntPositions({ targets, weights }: Batch, size: number): Record<string, TensorData> {
  const chosen = {
    loss_rows: new Int32Array(size),
    targets: new Int32Array(size),
    weights: new Float32Array(size),
  };
  let count = 0;
  weights.forEach((weight, position) => {
    if (weight === 0) return;
    chosen.loss_rows[count] = position;
    chosen.targets[count] = targets[position]!;
    chosen.weights[count] = weight;
    count++;
  });
  return chosen;
}

/** The arrays of a batch that a program takes. */
export function batchFeeds(program: Program, batch: Batch): Record<string, TensorData> {
  const { tokens, targets, positions, weights, segments } = batch;
  const lossRows = program.inputs['loss_rows'];
  const arrays: Record<string, TensorData> = {
    ...{ tokens, targets, positions, weights, segments },
    ...(lossRows && learntPositions(batch, lossRows.shape[0]!)),
  };
  return Object.fromEntries(Object.entries(arrays).filter(([name]) => name in program.inputs));
}

/** Name of the program output and cell that hold a parameter's gradient. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

function contextFor(trained: TrainedModel, inputs: Tensors, parameters: Tensors): ForwardContext {
  const { model, adapter, rounded } = trained;
  const parameter = (name: string): Tensor => parameters[name] ?? inputs[name]!;
  const attend = sequenceAttention(inputs['segments']);
  const adapt = adapter && loraAdaptation(model, adapter, parameter, inputs['dropout_counter']);
  const context: ForwardContext = { parameter, attend, ...(adapt && { adapt }) };
  if (rounded === undefined) return context;
  return withRoundedWeights(context, rounded, adapter && loraWeightChange(model, adapter, parameter));
}

/** @param changeOf what an adapter adds to a layer's weight, before that is rounded */
function withRoundedWeights(
  context: ForwardContext,
  layers: readonly PlannedLayer[],
  changeOf?: (module: string) => Tensor | undefined,
): ForwardContext {
  const byWeight = new Map(layers.map((layer) => [`${layer.module}.weight`, layer]));
  return {
    ...context,
    parameter(name) {
      const [weight, layer] = [context.parameter(name), byWeight.get(name)];
      if (layer === undefined) return weight;
      const change = changeOf?.(layer.module);
      return fakeQuantize(change === undefined ? weight : tf.add(weight, change), layer.scheme);
    },
    adapt: (module, x) => (byWeight.has(`${module}.weight`) ? undefined : context.adapt?.(module, x)),
  };
}

function weightedLoss(trained: TrainedModel, inputs: Tensors, parameters: Tensors): Tensor {
  const { model } = trained;
  const context = contextFor(trained, inputs, parameters);
  const tokens = inputs['tokens']!;
  const hidden = model.hiddenStates(context, tokens, inputs['positions']!, tokens.shape[1]!);
  const all = tf.reshape(hidden, [-1, model.shape.hidden]) as Tensor2D;
  const chosen = inputs['loss_rows'];
  const rows = chosen === undefined ? all : (tf.gather(all, chosen as Tensor1D) as Tensor2D);
  const flat = (name: string): Tensor1D => tf.reshape(inputs[name]!, [-1]);
  const head = context.parameter(model.headParameter) as Tensor2D;
  return linearCrossEntropy(rows, head, flat('targets'), flat('weights'));
}

/** The loss of one batch: the sum of `weights` × cross-entropy, as output `loss`. */
export function lossProgram(trained: TrainedModel, shape: BatchShape): Program {
  return {
    name: `evaluation of ${shape.batchSize} × ${shape.length} tokens`,
    inputs: { ...parameterInputs([...trained.frozen, ...trained.trainable]), ...batchInputs(shape) },
    body: (inputs) => ({ loss: weightedLoss(trained, inputs, {}) }),
  };
}

/** The cross-entropy of the learnt tokens of each row, summed, as output `scores` [batchSize]. */
export function scoreProgram(trained: TrainedModel, shape: BatchShape): Program {
  const { model } = trained;
  return {
    name: `scores of ${shape.batchSize} × ${shape.length} tokens`,
    inputs: { ...parameterInputs([...trained.frozen, ...trained.trainable]), ...batchInputs(shape) },
    body: (inputs) => {
      const context = contextFor(trained, inputs, {});
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, shape.length);
      const rows = tf.reshape(hidden, [-1, model.shape.hidden]) as Tensor2D;
      const head = context.parameter(model.headParameter) as Tensor2D;
      const losses = tokenLosses(rows, head, tf.reshape(inputs['targets']!, [-1]));
      const weighted = tf.mul(tf.reshape(losses, [shape.batchSize, shape.length]), inputs['weights']!);
      return { scores: tf.sum(weighted, 1) };
    },
  };
}

/** The logits of one batch, [batchSize, length, vocabulary], as output `logits`. */
export function logitsProgram(trained: TrainedModel, shape: BatchShape): Program {
  const { model } = trained;
  const { targets: _targets, weights: _weights, ...needed } = batchInputs(shape);
  return {
    name: `logits of ${shape.batchSize} × ${shape.length} tokens`,
    inputs: { ...parameterInputs([...trained.frozen, ...trained.trainable]), ...needed },
    body: (inputs) => {
      const context = contextFor(trained, inputs, {});
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, shape.length);
      const rows = tf.reshape(hidden, [-1, model.shape.hidden]) as Tensor2D;
      const logits = tf.matMul(rows, context.parameter(model.headParameter) as Tensor2D, false, true);
      return { logits: tf.reshape(logits, [shape.batchSize, shape.length, model.shape.vocabulary]) };
    },
  };
}

/**
 * Loss and gradients of one batch: outputs `loss`, `squared_norm` (over all gradients) and, resident, the gradient of
 * every trainable parameter.
 *
 * @param accumulate adds to the gradients fed, in place, instead of replacing them
 */
export function gradientProgram(trained: TrainedModel, shape: BatchShape, accumulate: boolean): Program {
  const names = trained.trainable.map(({ name }) => name);
  const gradientSpecs = trained.trainable.map(({ name, shape: dimensions }) => ({
    name: gradientName(name),
    shape: dimensions,
  }));
  const dropout = trained.adapter !== undefined && trained.adapter.dropout > 0;
  return {
    name: `training step of ${shape.batchSize} × ${shape.length} tokens`,
    inputs: {
      ...parameterInputs([...trained.frozen, ...trained.trainable]),
      ...batchInputs(shape),
      ...(dropout ? { dropout_counter: { shape: [], dtype: 'int32' as const } } : {}),
      ...(accumulate
        ? Object.fromEntries(
            gradientSpecs.map(({ name, shape: dimensions }) => [
              name,
              { shape: dimensions, dtype: 'float32' as const },
            ]),
          )
        : {}),
    },
    resident: gradientSpecs.map(({ name }) => name),
    body: (inputs) => {
      const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
        const parameters = Object.fromEntries(values.map((tensor, index) => [names[index]!, tensor]));
        return weightedLoss(trained, inputs, parameters);
      })(names.map((name) => inputs[name]!));
      const gradients = grads.map((gradient, index) => {
        const before = inputs[gradientName(names[index]!)];
        return before === undefined ? gradient : tf.add(before, gradient);
      });
      return {
        loss: value,
        squared_norm: tf.addN(gradients.map(sumOfSquares)),
        ...Object.fromEntries(gradients.map((gradient, index) => [gradientName(names[index]!), gradient])),
      };
    },
  };
}
