import tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from '../engine/operations/operation.js';
import type { AttentionRequest } from './forward-context.js';

/** Added to scores that must not count: exp() of it is 0 in float32, and sums of a few stay finite. */
const MASKED = -1e9;

/** [batch, length, heads * width] → [batch, heads, length, width]. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, width] → [batch, length, heads * width]. */
function joinHeads(x: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/**
 * What may not be attended to: later tokens, those before the sliding window, and other rows of a packed sequence.
 *
 * @param segments [batch, length] int32, equal within one packed row; `undefined` where nothing is packed
 * @returns to be added to scores [batch, kvHeads, group, length, length]
 */
export function attentionMask(
  length: number,
  slidingWindow: number | undefined,
  segments: Tensor | undefined,
): Tensor {
  const window = slidingWindow ?? length;
  const causal = new Float32Array(length * length);
  for (let row = 0; row < length; row++) {
    for (let column = 0; column < length; column++) {
      if (column > row || column <= row - window) causal[row * length + column] = MASKED;
    }
  }
  const mask = tf.tensor(causal, [length, length]);
  if (segments === undefined) return mask;
  const same = tf.equal(tf.expandDims(segments, 2), tf.expandDims(segments, 1)); // [batch, length, length]
  const foreign = tf.mul(tf.cast(tf.logicalNot(same), 'float32'), MASKED);
  return tf.expandDims(tf.expandDims(tf.add(foreign, mask), 1), 1);
}

/**
 * Softmax attention with the probabilities kept for the gradient.
 *
 * @param query [batch, kvHeads, group * length, width], scaled
 * @param key [batch, kvHeads, length, width]
 * @param value [batch, kvHeads, length, width]
 * @param mask added to the scores seen as [batch, kvHeads, group, length, length]
 */
function attendOver(query: Tensor, key: Tensor, value: Tensor, mask: Tensor): Tensor {
  const [batch, kvHeads, rows] = query.shape as [number, number, number, number];
  const length = key.shape[2]!;
  return withGradient(
    [query, key, value],
    (save) => {
      const scores = tf.reshape(tf.matMul(query, key, false, true), [
        batch,
        kvHeads,
        rows / length,
        length,
        length,
      ]);
      const probabilities = tf.reshape(tf.softmax(tf.add(scores, mask)), [batch, kvHeads, rows, length]);
      const output = tf.matMul(probabilities, value);
      save([query, key, value, probabilities, output]);
      return output;
    },
    (dy, [q, k, v, p, output]) => {
      const dValue = tf.matMul(p!, dy, true, false);
      // The softmax's gradient needs sum(dP * P) per row, which equals sum(dO * O) and is cheaper there.
      const correction = tf.sum(tf.mul(dy, output!), -1, true);
      const dScores = tf.mul(p!, tf.sub(tf.matMul(dy, v!, false, true), correction));
      return [tf.matMul(dScores, k!), tf.matMul(dScores, q!, true, false), dValue];
    },
  );
}

/** Attention over whole sequences, as training runs it; `segments` as in {@link attentionMask}. */
export function sequenceAttention(segments: Tensor | undefined): (request: AttentionRequest) => Tensor {
  const masks = new Map<number | undefined, Tensor>();
  return ({ query, key, value, heads, kvHeads, scale, slidingWindow }) => {
    const [batch, length, width] = query.shape as [number, number, number];
    let mask = masks.get(slidingWindow);
    if (mask === undefined) masks.set(slidingWindow, (mask = attentionMask(length, slidingWindow, segments)));
    const group = heads / kvHeads;
    // Query heads that share a key head are further rows of the same product: nothing is repeated in memory.
    const grouped = tf.reshape(splitHeads(tf.mul(query, scale), heads), [
      batch,
      kvHeads,
      group * length,
      width / heads,
    ]);
    const attended = attendOver(grouped, splitHeads(key, kvHeads), splitHeads(value, kvHeads), mask);
    return joinHeads(tf.reshape(attended, [batch, heads, length, width / heads]));
  };
}
