import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs';
import type { StorageType } from '../checkpoints/checkpoint.js';
import { withGradient } from '../engine/operations/operation.js';
import { largestInteger, middleInteger, type IntegerScheme } from './integer-scheme.js';
import { SMALLEST_STEP } from './scale.js';

/** Bits of a float32's significand, the leading one counted. */
const SINGLE_BITS = 24;

/** Added to a float32 below 2^22 and taken away again, it leaves the nearest integer, of two the even one. */
const ROUNDING_OFFSET = 2 ** 23 + 2 ** 22;

/** Bits of the significand, the leading one counted, and the distance between the smallest numbers. */
const HALF_TYPES: Readonly<Record<Exclude<StorageType, 'F32'>, { bits: number; least: number }>> = {
  F16: { bits: 11, least: 2 ** -24 },
  BF16: { bits: 8, least: 2 ** -133 },
};

function roundHalfEven(x: Tensor3D): Tensor3D {
  return tf.sub(tf.add(x, ROUNDING_OFFSET), ROUNDING_OFFSET);
}

/** The largest power of two that is no larger: Rump 2009, "Ultimately fast accurate summation", algorithm 3.5. */
function leadingPower(x: Tensor3D): Tensor3D {
  const q = tf.mul(x, 2 ** (SINGLE_BITS - 1) + 1);
  return tf.abs(tf.sub(q, tf.mul(q, 1 - 2 ** -SINGLE_BITS)));
}

/** Numbers that are not negative as a type holds them: added to a power of two so large that the bits to drop are. */
function roundToType(x: Tensor3D, type: StorageType): Tensor3D {
  if (type === 'F32') return x;
  const { bits, least } = HALF_TYPES[type];
  const exact = tf.mul(leadingPower(x), 2 ** (SINGLE_BITS - bits));
  const offset = tf.maximum(exact, least * 2 ** (SINGLE_BITS - 1)) as Tensor3D;
  return tf.sub(tf.add(x, offset), offset);
}

/**
 * A weight as it will be once it is quantised, for training that is aware of it: the value is what `dequantizeMatrix`
 * gives of `quantizeMatrix`, to the bit where the engine rounds as IEEE 754 asks. The gradient passes straight through
 * where the integer is in range, and is zero where it was clipped, with the scale taken for a constant (Bengio et al.
 * 2013, arXiv 1308.3432; Jacob et al. 2018, arXiv 1712.05877). Written in operations that all engines have, since
 * gradients are computed with it on any of them.
 *
 * @param weight [outputs, inputs], below 2^100; blocks divide its rows
 * @param scheme symmetric: scales follow the weights at every step
 */
export function fakeQuantize(weight: Tensor, scheme: IntegerScheme): Tensor {
  const [outputs, inputs] = weight.shape as [number, number];
  const block = scheme.blockSize ?? inputs;
  const inBlocks = (x: Tensor): Tensor3D => tf.reshape(x, [outputs, inputs / block, block]);
  const most = middleInteger(scheme) - 1;
  return withGradient(
    [weight],
    (save) => {
      const blocks = inBlocks(weight);
      const largest = tf.max(tf.abs(blocks), -1, true) as Tensor3D; // [outputs, blocks, 1]
      const rounded = roundToType(tf.div(largest, largestInteger(scheme) / 2), scheme.scaleType);
      const isZero = tf.equal(rounded, 0);
      const scale = tf.where(isZero, tf.fill(rounded.shape, SMALLEST_STEP[scheme.scaleType]), rounded);
      save([weight, scale]);
      const integers = tf.clipByValue(roundHalfEven(tf.div(blocks, scale)), -most - 1, most);
      return tf.reshape(tf.mul(integers, scale), [outputs, inputs]);
    },
    (dy, [kept, scale]) => {
      // No more than half of the range, a block's least is never clipped, only what rounds to more than the most. The
      // sign is turned since ONNX Runtime would otherwise keep the quotients of the forward pass for this.
      const turned = tf.div(inBlocks(kept!), tf.neg(scale!));
      const inRange = tf.cast(tf.greater(turned, -most - 0.5), 'float32');
      return [tf.reshape(tf.mul(inBlocks(dy), inRange), [outputs, inputs])];
    },
  );
}
