import type { ModelShape } from '../architectures/architecture.js';

/**
 * Bytes of the keys and values kept for generation: 2 · key/value heads · head size · positions · batch, summed over
 * the layers; a layer with a sliding window keeps no more positions than the window (Kwon et al. 2023, arXiv 2309.06180;
 * hf-mem for windows). Leaves out what a paged cache wastes in partly filled pages.
 *
 * @param positions tokens of one sequence, prompt and completion together
 * @param elementBytes size of one stored key or value element
 */
export function keyValueCacheBytes(
  shape: Pick<ModelShape, 'kvHeads' | 'headDimension' | 'slidingWindows'>,
  { positions, batch, elementBytes }: { positions: number; batch: number; elementBytes: number },
): number {
  const keptPositions = shape.slidingWindows.reduce<number>(
    (sum, window) => sum + Math.min(window ?? positions, positions),
    0,
  );
  return 2 * shape.kvHeads * shape.headDimension * keptPositions * batch * elementBytes;
}
