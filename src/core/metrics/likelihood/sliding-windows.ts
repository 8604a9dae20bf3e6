/** Part of a long text that a model reads at once, in tokens from its start. */
export interface SlidingWindow {
  readonly start: number;
  /** First token that is scored; those before it are there for context, and were scored in earlier windows. */
  readonly scoredFrom: number;
  readonly end: number;
}

/**
 * Windows over a text that is longer than a model's context, so that every token but the first is scored once, with
 * what came before it ("Perplexity of fixed-length models", documentation of transformers). The smaller the stride,
 * the more context each token has, and the more often the text is read. The first token of a window cannot be scored:
 * with a stride of a whole window it is left out of every window.
 *
 * @param length tokens of the text
 * @param windowLength tokens that the model reads at once
 * @param stride tokens from the start of a window to the start of the next, `windowLength` at most
 */
export function slidingWindows(length: number, windowLength: number, stride: number): SlidingWindow[] {
  const windows: SlidingWindow[] = [];
  for (let start = 0, scored = 0; scored < length; start += stride) {
    const end = Math.min(start + windowLength, length);
    windows.push({ start, scoredFrom: Math.max(scored, start + 1), end });
    scored = end;
  }
  return windows;
}
