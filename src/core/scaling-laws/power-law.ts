/** y = coefficient · x^exponent. */
export interface PowerLaw {
  readonly coefficient: number;
  readonly exponent: number;
}

/** The power law nearest to points above zero: a straight line through their logarithms, by least squares. */
export function fitPowerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (axis: 0 | 1): number => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [xMean, yMean] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - xMean) * (y - yMean), 0);
  const variance = logs.reduce((sum, [x]) => sum + (x - xMean) ** 2, 0);
  const exponent = covariance / variance;
  return { coefficient: Math.exp(yMean - exponent * xMean), exponent };
}
