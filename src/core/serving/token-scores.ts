import type { LikelyToken, TokenScore } from './generation-request.js';

/** Tokens with the largest logits, the largest first; of equal ones the first. */
function largest(logits: Float32Array, count: number): number[] {
  const found: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    if (found.length === count && logits[token]! <= logits[found.at(-1)!]!) continue;
    let place = found.length;
    while (place > 0 && logits[found[place - 1]!]! < logits[token]!) place--;
    found.splice(place, 0, token);
    if (found.length > count) found.pop();
  }
  return found;
}

/**
 * The log-probability of a token under the softmax of the model's own logits, before temperature and penalties.
 *
 * @param logits [vocabulary]
 * @param likeliest how many of the likeliest tokens to tell beside it
 */
export function scoreToken(logits: Float32Array, token: number, likeliest: number): TokenScore {
  let most = -Infinity;
  for (const logit of logits) most = Math.max(most, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const logTotal = most + Math.log(sum);
  const scored = (id: number): LikelyToken => ({ token: id, logProbability: logits[id]! - logTotal });
  return { ...scored(token), likeliest: likeliest === 0 ? [] : largest(logits, likeliest).map(scored) };
}
