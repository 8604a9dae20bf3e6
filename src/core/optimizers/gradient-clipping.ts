/** Added to the norm, as `torch.nn.utils.clip_grad_norm_` does. */
const EPSILON = 1e-6;

/**
 * What gradients are multiplied with so that their 2-norm, over all of them, stays within a limit.
 *
 * @param maximumNorm 0 leaves every gradient as it is
 */
export function clippingFactor(norm: number, maximumNorm: number): number {
  return maximumNorm > 0 ? Math.min(1, maximumNorm / (norm + EPSILON)) : 1;
}
