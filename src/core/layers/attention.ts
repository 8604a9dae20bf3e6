import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from '../engine/operations/operation.js';
import { joinHeads, MASKED, splitHeads } from './attention-heads.js';
import { attentionBlocks, type AttentionBlock } from './attention-blocks.js';
import type { AttentionRequest } from './forward-context.js';

/**
 * What the queries of a block may not attend to: later tokens, those before the sliding window, and other rows of a
 * packed sequence.
 *
 * @param segments [batch, length] int32, equal within one packed row; `undefined` where nothing is packed
 * @returns to be added to scores [batch, kvHeads, group, block.size, block.keys]
 */
function blockMask(block: AttentionBlock, slidingWindow: number, segments: Tensor | undefined): Tensor {
  const causal = new Float32Array(block.size * block.keys);
  for (let row = 0; row < block.size; row++) {
    const query = block.start + row;
    for (let column = 0; column < block.keys; column++) {
      const key = block.firstKey + column;
      if (key > query || key <= query - slidingWindow) causal[row * block.keys + column] = MASKED;
    }
  }
  const mask = tf.tensor(causal, [block.size, block.keys]);
  if (segments === undefined) return mask;
  const batch = segments.shape[0]!;
  const ofQueries = tf.slice(segments, [0, block.start], [batch, block.size]);
  const ofKeys = tf.slice(segments, [0, block.firstKey], [batch, block.keys]);
  const same = tf.equal(tf.expandDims(ofQueries, 2), tf.expandDims(ofKeys, 1)); // [batch, size, keys]
  const foreign = tf.mul(tf.cast(tf.logicalNot(same), 'float32'), MASKED);
  return tf.expandDims(tf.expandDims(tf.add(foreign, mask), 1), 1);
}

/** Part of a tensor [batch, heads, length, width] along its length. */
function rowsOf(x: Tensor, start: number, size: number): Tensor {
  const [batch, heads, , width] = x.shape as [number, number, number, number];
  return tf.slice(x, [0, 0, start, 0], [batch, heads, size, width]);
}

/**
 * The queries of a block, with those of heads that share a key head as further rows of the same matrix, so that keys
 * and values are not repeated: [batch, heads, length, width] → [batch, kvHeads, group * size, width].
 */
function groupedRows(x: Tensor, kvHeads: number, { start, size }: AttentionBlock): Tensor {
  const [batch, heads, , width] = x.shape as [number, number, number, number];
  return tf.reshape(rowsOf(x, start, size), [batch, kvHeads, (heads / kvHeads) * size, width]);
}

/** Undoes {@link groupedRows} for all blocks together. */
function joinBlocks(parts: readonly Tensor[], blocks: readonly AttentionBlock[], heads: number): Tensor {
  const whole = parts.map((part, index) => {
    const [batch, , , width] = part.shape as [number, number, number, number];
    return tf.reshape(part, [batch, heads, blocks[index]!.size, width]);
  });
  return whole.length === 1 ? whole[0]! : tf.concat(whole, 2);
}

/** Adds up parts [batch, kvHeads, width, block.keys] at their places, as [batch, kvHeads, length, width]. */
function sumOverBlocks(parts: readonly Tensor[], blocks: readonly AttentionBlock[], length: number): Tensor {
  const padded = parts.map((part, index) => {
    const { firstKey, keys } = blocks[index]!;
    const after = length - firstKey - keys;
    if (firstKey === 0 && after === 0) return part;
    return tf.pad(part, [
      [0, 0],
      [0, 0],
      [0, 0],
      [firstKey, after],
    ]);
  });
  return tf.transpose(padded.length === 1 ? padded[0]! : tf.addN(padded), [0, 1, 3, 2]);
}

/**
 * Softmax attention, block by block, with the probabilities kept for the gradient.
 *
 * @param query [batch, heads, length, width], scaled
 * @param key [batch, kvHeads, length, width]
 * @param value [batch, kvHeads, length, width]
 * @param masks for each block, added to its scores [batch, kvHeads, group, block.size, block.keys]
 * @returns [batch, heads, length, width]
 */
function attendOver(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  blocks: readonly AttentionBlock[],
  masks: readonly Tensor[],
): Tensor {
  const [batch, heads, length] = query.shape as [number, number, number, number];
  const kvHeads = key.shape[1]!;
  const group = heads / kvHeads;
  return withGradient(
    [query, key, value],
    (save) => {
      const probabilities = blocks.map((block, index) => {
        const { size, firstKey, keys } = block;
        const scores = tf.matMul(
          groupedRows(query, kvHeads, block),
          rowsOf(key, firstKey, keys),
          false,
          true,
        );
        const masked = tf.add(tf.reshape(scores, [batch, kvHeads, group, size, keys]), masks[index]!);
        return tf.reshape(tf.softmax(masked), [batch, kvHeads, group * size, keys]);
      });
      const parts = blocks.map(({ firstKey, keys }, index) =>
        tf.matMul(probabilities[index]!, rowsOf(value, firstKey, keys)),
      );
      const output = joinBlocks(parts, blocks, heads);
      save([query, key, value, output, ...probabilities]);
      return output;
    },
    (dy, [q, k, v, output, ...probabilities]) => {
      // The softmax's gradient needs sum(dP * P) per row, which equals sum(dO * O) and is cheaper there.
      const corrections = tf.sum(tf.mul(dy, output!), -1, true);
      const dQueries: Tensor[] = [];
      const dKeys: Tensor[] = [];
      const dValues: Tensor[] = [];
      blocks.forEach((block, index) => {
        const { firstKey, keys } = block;
        const p = probabilities[index]!;
        const dOutput = groupedRows(dy, kvHeads, block);
        const dProbabilities = tf.matMul(dOutput, rowsOf(v!, firstKey, keys), false, true);
        const dScores = tf.mul(p, tf.sub(dProbabilities, groupedRows(corrections, kvHeads, block)));
        dQueries.push(tf.matMul(dScores, rowsOf(k!, firstKey, keys)));
        // Transposed, these products transpose the narrow operand in place of the scores: more than twice as fast.
        dKeys.push(tf.matMul(groupedRows(q!, kvHeads, block), dScores, true, false));
        dValues.push(tf.matMul(dOutput, p, true, false));
      });
      return [
        joinBlocks(dQueries, blocks, heads),
        sumOverBlocks(dKeys, blocks, length),
        sumOverBlocks(dValues, blocks, length),
      ];
    },
  );
}

/**
 * Attention over whole sequences, as training runs it.
 *
 * @param segments [batch, length] int32, equal within one packed row; `undefined` where nothing is packed
 */
export function sequenceAttention(segments: Tensor | undefined): (request: AttentionRequest) => Tensor {
  const masksByWindow = new Map<number | undefined, Tensor[]>();
  return ({ query, key, value, heads, kvHeads, scale, slidingWindow }) => {
    const length = query.shape[1]!;
    const blocks = attentionBlocks(length, slidingWindow);
    let masks = masksByWindow.get(slidingWindow);
    if (masks === undefined) {
      masks = blocks.map((block) => blockMask(block, slidingWindow ?? length, segments));
      masksByWindow.set(slidingWindow, masks);
    }
    const queries = splitHeads(tf.mul(query, scale), heads);
    return joinHeads(
      attendOver(queries, splitHeads(key, kvHeads), splitHeads(value, kvHeads), blocks, masks),
    );
  };
}
