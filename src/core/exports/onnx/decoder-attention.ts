import tf from '../../engine/tensorflow-js.js';
import type { Rank, Tensor } from '@tensorflow/tfjs';
import { joinHeads, MASKED, splitHeads } from '../../layers/attention-heads.js';
import type { AttentionRequest } from '../../layers/forward-context.js';

/** Keys and values of one layer, [batch, kvHeads, tokens, headDimension]. */
export interface LayerCache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/**
 * Attention in operators that every ONNX runtime has, over a cache that grows: the new tokens are appended to it. Rows may
 * be padded at their beginning or end, as the mask says.
 *
 * @param mask [batch, past + length] int32, 1 for tokens and 0 for padding
 * @param past of the tokens before; its length may be 0
 * @returns [batch, length, heads * headDimension], and the cache with the new tokens
 */
export function decoderAttention(
  request: AttentionRequest,
  mask: Tensor,
  past: LayerCache,
): { attended: Tensor; present: LayerCache } {
  const { heads, kvHeads, scale, slidingWindow } = request;
  const [batch, length] = request.query.shape as [number, number, number];
  const present: LayerCache = {
    key: tf.concat([past.key, splitHeads(request.key, kvHeads)], 2),
    value: tf.concat([past.value, splitHeads(request.value, kvHeads)], 2),
  };
  const [, , total, width] = present.key.shape as [number, number, number, number];
  const group = heads / kvHeads;
  const queries = tf.reshape(splitHeads(tf.mul(request.query, scale), heads), [
    batch,
    kvHeads,
    group * length,
    width,
  ]);
  const scores = tf.matMul(queries, present.key, false, true); // [batch, kvHeads, group * length, total]
  const split = tf.reshape<Rank.R5>(scores, [batch, kvHeads, group, length, total]);
  const masked = tf.add(split, unseen(mask, length, slidingWindow));
  const probabilities = tf.reshape(tf.softmax(masked), scores.shape);
  const attended = tf.reshape(tf.matMul(probabilities, present.value), [batch, heads, length, width]);
  return { attended: joinHeads(attended), present };
}

/** What the last `length` tokens must not attend to, to be added to scores: [batch, 1, 1, length, total]. */
function unseen(mask: Tensor, length: number, slidingWindow: number | undefined): Tensor {
  const [batch, total] = mask.shape as [number, number];
  const places = tf.cumsum(tf.onesLike(mask), 1); // [batch, total]: 1, 2, …
  const own = tf.slice(places, [0, total - length], [batch, length]);
  const [ofKeys, ofQueries] = [tf.expandDims(places, 1), tf.expandDims(own, 2)];
  let hidden = tf.logicalOr(
    tf.greater(ofKeys, ofQueries),
    tf.expandDims(tf.equal(mask, tf.scalar(0, 'int32')), 1),
  ); // [batch, length, total]
  if (slidingWindow !== undefined) {
    const windowStart = tf.sub(ofQueries, tf.scalar(slidingWindow, 'int32'));
    hidden = tf.logicalOr(hidden, tf.lessEqual(ofKeys, windowStart));
  }
  return tf.expandDims(tf.expandDims(tf.mul(tf.cast(hidden, 'float32'), MASKED), 1), 1);
}
