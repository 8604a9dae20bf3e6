import tf from '../tensorflow-js.js';
import type { Tensor, Rank } from '@tensorflow/tfjs';
import { runOperation } from './operation.js';

/** What new tokens attend with, and the cache of those before them. */
export interface CachedAttentionInputs {
  /** [batch, length, heads * width] */
  readonly query: Tensor;
  /** [batch, length, kvHeads * width] */
  readonly key: Tensor;
  /** [batch, length, kvHeads * width] */
  readonly value: Tensor;
  /** [batch, kvHeads, capacity, {@link cacheWidth}(width)]: by position; not yet written ones hold any finite numbers. */
  readonly pastKey: Tensor;
  /** As `pastKey`. */
  readonly pastValue: Tensor;
  /** [batch] int32: position of each row's last new token; a row's new tokens have consecutive positions. */
  readonly lastPositions: Tensor;
  /** Scalar int32: one more than the largest of `lastPositions`. */
  readonly totalLength: Tensor;
}

/** How heads attend. */
export interface CachedAttentionSettings {
  readonly heads: number;
  readonly kvHeads: number;
  /** Factor of the scores. */
  readonly scale: number;
  /** Tokens attended to, itself included; `undefined` for all before. */
  readonly slidingWindow: number | undefined;
}

/** What attending gives. The present caches are the past ones with the new tokens' keys and values in their places. */
export interface CachedAttentionOutputs {
  /** [batch, length, heads * width] */
  readonly attended: Tensor;
  readonly presentKey: Tensor;
  readonly presentValue: Tensor;
}

/** ONNX Runtime 1.30 takes head widths that are multiples of this ("head_size must be a multiple of 8"). */
const HEAD_WIDTH_MULTIPLE = 8;

/** Added to scores that must not count: exp() of it is 0 in float32. */
const MASKED = -1e9;

/** Width of a head in the cache: zeros are appended where the operator asks for it, and change no product. */
export function cacheWidth(headDimension: number): number {
  return Math.ceil(headDimension / HEAD_WIDTH_MULTIPLE) * HEAD_WIDTH_MULTIPLE;
}

/**
 * Causal attention of new tokens over a cache and over each other: `com.microsoft.GroupQueryAttention`
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md). It writes nothing but the places of
 * the new tokens, so that on the CPU a cache may be fed and fetched as the same memory, which saves a copy per token.
 *
 * Rows of a batch may stand at different positions if `length` is 1, or if all of them start at position 0 (what comes
 * after a shorter row's own tokens is overwritten before any token sees it). Otherwise `batch` must be 1.
 */
export function cachedAttention(
  inputs: CachedAttentionInputs,
  settings: CachedAttentionSettings,
): CachedAttentionOutputs {
  const { query, key, value, pastKey, pastValue, lastPositions, totalLength } = inputs;
  const { heads, kvHeads, scale, slidingWindow } = settings;
  const width = query.shape.at(-1)! / heads;
  const wide = {
    query: widenHeads(query, heads, pastKey.shape[3]!),
    key: widenHeads(key, kvHeads, pastKey.shape[3]!),
    value: widenHeads(value, kvHeads, pastKey.shape[3]!),
  };
  const [attended, presentKey, presentValue] = runOperation(
    [wide.query, wide.key, wide.value, pastKey, pastValue, lastPositions, totalLength],
    [wide.query, pastKey, pastValue].map(({ shape }) => ({ shape, dtype: 'float32' })),
    {
      lower: ({ graph }, names) =>
        graph.nodeOutputs('GroupQueryAttention', names, {
          domain: 'com.microsoft',
          outputs: 3,
          attributes: {
            num_heads: heads,
            kv_num_heads: kvHeads,
            scale: { float: scale },
            local_window_size: slidingWindow ?? -1,
          },
        }),
      compose: () => compose({ ...inputs, ...wide }, settings),
    },
  );
  return {
    attended: narrowHeads(attended!, heads, width),
    presentKey: presentKey!,
    presentValue: presentValue!,
  };
}

/** [batch, length, heads * width] → [batch, length, heads * wider], zeros after each head. */
function widenHeads(x: Tensor, heads: number, wider: number): Tensor {
  const [batch, length, total] = x.shape as [number, number, number];
  const width = total / heads;
  if (width === wider) return x;
  const split = tf.reshape<Rank.R4>(x, [batch, length, heads, width]);
  const padded = tf.pad(split, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, wider - width],
  ]);
  return tf.reshape(padded, [batch, length, heads * wider]);
}

/** Undoes {@link widenHeads}. */
function narrowHeads(x: Tensor, heads: number, width: number): Tensor {
  const [batch, length, total] = x.shape as [number, number, number];
  if (total === heads * width) return x;
  const split = tf.reshape(x, [batch, length, heads, total / heads]);
  return tf.reshape(tf.slice(split, [0, 0, 0, 0], [-1, -1, -1, width]), [batch, length, heads * width]);
}

function compose(inputs: CachedAttentionInputs, settings: CachedAttentionSettings): Tensor[] {
  const { query, key, value, pastKey, pastValue, lastPositions } = inputs;
  const { heads, kvHeads, scale, slidingWindow } = settings;
  const [batch, length] = query.shape as [number, number, number];
  const [, , capacity, width] = pastKey.shape as [number, number, number, number];
  const split = (x: Tensor, count: number): Tensor =>
    tf.transpose(tf.reshape(x, [batch, length, count, width]), [0, 2, 1, 3]); // [batch, count, length, width]

  const offsets = tf.range(1 - length, 1, 1, 'int32'); // of the new tokens from the last one
  const positions = tf.add(
    tf.reshape(lastPositions, [batch, 1, 1, 1]),
    tf.reshape(offsets, [1, 1, length, 1]),
  );
  const places = tf.range(0, capacity, 1, 'int32'); // [capacity]
  const arrivals = tf.cast(tf.equal(positions, places), 'float32'); // [batch, 1, length, capacity]
  const kept = tf.sub(1, tf.reshape(tf.sum(arrivals, 2), [batch, 1, capacity, 1]));
  const update = (past: Tensor, fresh: Tensor): Tensor =>
    tf.add(
      tf.mul(past, kept),
      tf.matMul(tf.tile(arrivals, [1, kvHeads, 1, 1]), split(fresh, kvHeads), true, false),
    );
  const [presentKey, presentValue] = [update(pastKey, key), update(pastValue, value)];

  const later = tf.greater(places, positions);
  const windowStart = tf.sub(positions, tf.scalar(slidingWindow ?? capacity, 'int32'));
  const unseen = tf.logicalOr(later, tf.lessEqual(places, windowStart)); // [batch, 1, length, capacity]
  const mask = tf.expandDims(tf.mul(tf.cast(unseen, 'float32'), MASKED), 1);
  const group = heads / kvHeads;
  const grouped = tf.reshape(split(tf.mul(query, scale), heads), [batch, kvHeads, group * length, width]);
  const scores = tf.matMul(grouped, presentKey, false, true);
  const masked = tf.add(tf.reshape(scores, [batch, kvHeads, group, length, capacity]), mask);
  const probabilities = tf.reshape(tf.softmax(masked), scores.shape);
  const attended = tf.reshape(tf.matMul(probabilities, presentValue), [batch, heads, length, width]);
  return [tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), query.shape), presentKey, presentValue];
}
