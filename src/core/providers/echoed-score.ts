import type { ContinuationScore } from './provider.js';

/** The tokens of a prompt as a completions endpoint echoes them with their log-probabilities. */
export interface EchoedTokens {
  readonly tokens: readonly string[];
  /** Natural logarithms; `null` for a token that nothing precedes. */
  readonly logProbabilities: readonly (number | null)[];
  /** The likeliest tokens in each place, by their text. */
  readonly likeliest?: readonly (Readonly<Record<string, number>> | null)[] | undefined;
}

/**
 * The score of the continuation that a text ends with.
 *
 * Its tokens are counted from the end: servers differ in what they put before a prompt, and in whether offsets count it.
 * A token that reaches over from the prompt, such as a space before the first word, belongs to the continuation.
 *
 * @param echoed tokens of prompt and continuation, nothing generated
 * @param text prompt and continuation
 * @returns what is wrong with the tokens, where they do not spell the continuation
 */
export function scoreEchoed(
  echoed: EchoedTokens,
  text: string,
  continuation: string,
): ContinuationScore | string {
  const { tokens, logProbabilities, likeliest } = echoed;
  let start = tokens.length;
  let spelt = '';
  while (spelt.length < continuation.length && start > 0) spelt = tokens[--start]! + spelt;
  if (spelt.length < continuation.length || !text.endsWith(spelt)) return 'its tokens do not spell the text';
  const scored = logProbabilities.slice(start);
  if (scored.length !== tokens.length - start || scored.includes(null)) {
    return 'it does not tell the probability of every token: give a prompt before the continuation';
  }
  const values = scored as number[];
  const isGreedy =
    likeliest !== undefined && likeliest.length >= tokens.length
      ? values.every((value, index) => value >= Math.max(...Object.values(likeliest[start + index] ?? {})))
      : null;
  return {
    logLikelihood: values.reduce((sum, value) => sum + value, 0),
    tokens: values.length,
    bytes: Buffer.byteLength(continuation),
    isGreedy,
  };
}
