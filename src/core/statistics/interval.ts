/** Where a value lies that was measured on a sample, with the confidence that was asked for. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** @throws RangeError for a confidence outside (0, 1) */
export function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`a confidence of ${confidence}`);
}

/** The middle part of sorted values, `confidence` of them; between two values along the line (as numpy). */
export function middleInterval(sorted: ArrayLike<number>, confidence: number): Interval {
  const at = (share: number): number => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const [value, next] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
    return value === next ? value : value + (position - below) * (next - value);
  };
  return { lower: at((1 - confidence) / 2), upper: at((1 + confidence) / 2) };
}
