import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { loraAdaptation, loraParameters, type LoraSettings } from '../adapters/lora.js';
import type { Model, ParameterSpec } from '../architectures/architecture.js';
import type { Program, TensorSpec } from '../engine/engine.js';
import { cachedAttention } from '../engine/operations/cached-attention.js';
import { sequenceAttention } from '../layers/attention.js';
import type { ForwardContext } from '../layers/forward-context.js';
import { cacheShape, pastName, presentName } from './key-value-cache.js';

/** A model with the adapter it runs with, unmerged. */
export interface AdaptedModel {
  readonly model: Model;
  readonly adapter: LoraSettings | undefined;
}

/** What decides a program's shapes. */
export interface GenerationShape {
  readonly batchSize: number;
  /** New tokens per row: 1 to decode, more to prefill. */
  readonly length: number;
  /** Positions in the cache. */
  readonly capacity: number;
}

/** Every parameter of the model and its adapter. */
export function allParameters({ model, adapter }: AdaptedModel): readonly ParameterSpec[] {
  return adapter === undefined ? model.parameters : [...model.parameters, ...loraParameters(model, adapter)];
}

function parameterInputs(adapted: AdaptedModel): Record<string, TensorSpec> {
  return Object.fromEntries(
    allParameters(adapted).map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }]),
  );
}

/**
 * Attends over the caches among a program's inputs.
 *
 * @param present receives the caches with the new tokens in them, by the names of the outputs
 */
export function attendOverCache(
  inputs: Readonly<Record<string, Tensor>>,
  present: Record<string, Tensor>,
): ForwardContext['attend'] {
  return ({ layer, query, key, value, ...settings }) => {
    const { attended, presentKey, presentValue } = cachedAttention(
      {
        ...{ query, key, value },
        pastKey: inputs[pastName('key', layer)]!,
        pastValue: inputs[pastName('value', layer)]!,
        lastPositions: inputs['last_positions']!,
        totalLength: inputs['total_length']!,
      },
      settings,
    );
    present[presentName('key', layer)] = presentKey;
    present[presentName('value', layer)] = presentValue;
    return attended;
  };
}

/**
 * Runs new tokens through the network against a key/value cache. Output `logits` [batchSize, vocabulary] is of one token
 * per row; the caches are resident.
 *
 * Inputs beside parameters and caches: `tokens` and `positions` [batchSize, length]; `ends` [batchSize], the index of each
 * row's last token among all batchSize × length (what follows it is padding); `last_positions` and `total_length` as
 * {@link cachedAttention} takes them.
 */
export function generationProgram(adapted: AdaptedModel, shape: GenerationShape): Program {
  const { model, adapter } = adapted;
  const { batchSize, length, capacity } = shape;
  const ids: TensorSpec = { shape: [batchSize, length], dtype: 'int32' };
  const perRow: TensorSpec = { shape: [batchSize], dtype: 'int32' };
  const cache: TensorSpec = { shape: cacheShape(model, batchSize, capacity), dtype: 'float32' };
  const layers = [...Array(model.shape.layers).keys()];
  const bothCaches = (name: typeof pastName): string[] =>
    layers.flatMap((layer) => [name('key', layer), name('value', layer)]);
  return {
    name: `${length === 1 ? 'generation' : 'reading'} of ${batchSize} × ${length} tokens`,
    inputs: {
      ...parameterInputs(adapted),
      ...Object.fromEntries(bothCaches(pastName).map((name) => [name, cache])),
      tokens: ids,
      positions: ids,
      ends: perRow,
      last_positions: perRow,
      total_length: { shape: [], dtype: 'int32' },
    },
    resident: bothCaches(presentName),
    body: (inputs) => {
      const parameter = (name: string): Tensor => inputs[name]!;
      const present: Record<string, Tensor> = {};
      const context: ForwardContext = {
        parameter,
        attend: attendOverCache(inputs, present),
        ...(adapter && { adapt: loraAdaptation(model, adapter, parameter, undefined) }),
      };
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, capacity);
      const rows = tf.reshape(hidden, [-1, model.shape.hidden]);
      // The head is by far the largest matrix of a small model: one token per row goes through it.
      const ends = tf.gather(rows, inputs['ends'] as Tensor1D) as Tensor2D;
      const head = parameter(model.headParameter) as Tensor2D;
      return { logits: tf.matMul(ends, head, false, true), ...present };
    },
  };
}

/**
 * Reads whole texts without a cache. Output `means` [batchSize, hidden] is the mean of each text's hidden states after the
 * final normalisation.
 *
 * Inputs beside parameters: `tokens` and `positions` [batchSize, length]; `shares` [batchSize, length], for each token one
 * by the number of tokens of its text, 0 for padding.
 */
export function meanStatesProgram(
  adapted: AdaptedModel,
  { batchSize, length }: Pick<GenerationShape, 'batchSize' | 'length'>,
): Program {
  const { model, adapter } = adapted;
  const ids: TensorSpec = { shape: [batchSize, length], dtype: 'int32' };
  return {
    name: `mean states of ${batchSize} × ${length} tokens`,
    inputs: {
      ...parameterInputs(adapted),
      tokens: ids,
      positions: ids,
      shares: { shape: ids.shape, dtype: 'float32' },
    },
    body: (inputs) => {
      const parameter = (name: string): Tensor => inputs[name]!;
      const context: ForwardContext = {
        parameter,
        // Padding follows the text, and nothing attends to what follows it.
        attend: sequenceAttention(undefined),
        ...(adapter && { adapt: loraAdaptation(model, adapter, parameter, undefined) }),
      };
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, length);
      const shares = tf.reshape(inputs['shares']!, [batchSize, 1, length]);
      return { means: tf.reshape(tf.matMul(shares, hidden), [batchSize, model.shape.hidden]) };
    },
  };
}

/**
 * Copies rows of one key/value cache into another: row i of the new one is row `rows[i]` of the old. The caches are
 * resident, and must not be the same.
 */
export function cacheCopyProgram(model: Model, from: number, to: number, capacity: number): Program {
  const cache: TensorSpec = { shape: cacheShape(model, from, capacity), dtype: 'float32' };
  const pairs = [...Array(model.shape.layers).keys()].flatMap((layer) =>
    (['key', 'value'] as const).map((what) => [pastName(what, layer), presentName(what, layer)] as const),
  );
  return {
    name: `copying of ${to} of ${from} rows in a cache of ${capacity} tokens`,
    inputs: {
      ...Object.fromEntries(pairs.map(([past]) => [past, cache])),
      rows: { shape: [to], dtype: 'int32' },
    },
    resident: pairs.map(([, present]) => present),
    body: (inputs) =>
      Object.fromEntries(
        pairs.map(([past, present]) => [present, tf.gather(inputs[past]!, inputs['rows'] as Tensor1D)]),
      ),
  };
}
