import tf from '../engine/tensorflow-js.js';
import type { Rank, Tensor } from '@tensorflow/tfjs';
import { joinHeads, MASKED, splitHeads } from '../layers/attention-heads.js';
import type { AttentionRequest } from '../layers/forward-context.js';

/** What is held of the tokens before the new ones, for one layer. */
export interface HeldTokens {
  /** [batch, kvHeads, capacity, headDimension]; what lies beyond a row's own tokens is any finite number. */
  readonly keys: Tensor;
  /** As `keys`. */
  readonly values: Tensor;
  /** [batch, 1] int32: tokens held of each row. */
  readonly lengths: Tensor;
  /** [capacity] int32: 0, 1, … */
  readonly places: Tensor;
}

/**
 * Causal attention of new tokens over those held and over each other. What is held is only read: the new keys and values
 * are given back for whoever holds them, since an output as large as the cache would be copied at every step
 * (onnxruntime-node 1.30 returns a copy even of what it wrote in place).
 *
 * @param positions [batch, length] int32 of the new tokens
 * @returns [batch, length, heads * width], and keys and values of the new tokens, [batch, kvHeads, length, width]
 */
export function slotAttention(
  request: AttentionRequest,
  positions: Tensor,
  held: HeldTokens,
): { attended: Tensor; keys: Tensor; values: Tensor } {
  const { heads, kvHeads, scale, slidingWindow } = request;
  const [batch, length] = request.query.shape as [number, number, number];
  const [, , capacity, width] = held.keys.shape as [number, number, number, number];
  const group = heads / kvHeads;
  const [keys, values] = [splitHeads(request.key, kvHeads), splitHeads(request.value, kvHeads)];
  const queries = tf.reshape(splitHeads(tf.mul(request.query, scale), heads), [
    batch,
    kvHeads,
    group * length,
    width,
  ]);
  const ofQueries = tf.expandDims(positions, 2); // [batch, length, 1]
  const beyond = (places: Tensor): Tensor =>
    tf.lessEqual(places, tf.sub(ofQueries, tf.scalar(slidingWindow!, 'int32')));
  const masked = (against: Tensor, unseen: Tensor, count: number): Tensor => {
    const scores = tf.matMul(queries, against, false, true);
    const split = tf.reshape<Rank.R5>(scores, [batch, kvHeads, group, length, count]);
    const mask = tf.mul(tf.cast(unseen, 'float32'), MASKED); // [batch, length or 1, count]
    return tf.add(split, tf.expandDims(tf.expandDims(mask, 1), 1));
  };

  let unheld: Tensor = tf.expandDims(tf.greaterEqual(held.places, held.lengths), 1); // [batch, 1, capacity]
  let later: Tensor = tf.greater(tf.expandDims(positions, 1), ofQueries); // [batch, length, length]
  if (slidingWindow !== undefined) {
    unheld = tf.logicalOr(unheld, beyond(held.places));
    later = tf.logicalOr(later, beyond(tf.expandDims(positions, 1)));
  }
  const scores = tf.concat([masked(held.keys, unheld, capacity), masked(keys, later, length)], 4);
  const [before, among] = tf.split(tf.softmax(scores), [capacity, length], 4) as [Tensor, Tensor];
  const weigh = (shares: Tensor, by: Tensor, count: number): Tensor =>
    tf.matMul(tf.reshape(shares, [batch, kvHeads, group * length, count]), by);
  const sums = tf.add(weigh(before, held.values, capacity), weigh(among, values, length));
  return { attended: joinHeads(tf.reshape(sums, [batch, heads, length, width])), keys, values };
}
