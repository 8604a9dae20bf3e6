/** Index of the largest value; of equal ones the first. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/**
 * Continues a prompt by the likeliest token, again and again.
 *
 * @param read adds tokens and returns the logits after the last
 */
export async function continueGreedily(
  prompt: readonly number[],
  count: number,
  isEnd: (id: number) => boolean,
  read: (tokens: readonly number[]) => Promise<Float32Array>,
): Promise<number[]> {
  const answer: number[] = [];
  let next = prompt;
  while (answer.length < count) {
    const token = likeliest(await read(next));
    answer.push(token);
    if (isEnd(token)) break;
    next = [token];
  }
  return answer;
}
