import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from '../engine/operations/operation.js';
import { rotaryEmbedding, type RotaryTable } from '../engine/operations/rotary-embedding.js';

/**
 * Rotary position embedding.
 *
 * @param x [batch, length, heads * headDimension]
 * @param positions [batch, length] int32
 */
export function rotary(x: Tensor, positions: Tensor, table: RotaryTable): Tensor {
  return withGradient(
    [x],
    (save) => {
      save([positions]);
      return rotaryEmbedding(x, positions, table, false);
    },
    (dy, [places]) => [rotaryEmbedding(dy, places!, table, true)],
  );
}
