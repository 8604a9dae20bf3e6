import { normalTwoSidedTail } from './normal-distribution.js';

/** With fewer rows than this that one model alone gets right, the exact test is usual, as chi-square is too rough. */
const FEW_DISCORDANT_ROWS = 25;

/** What McNemar's test says of two models on the same rows. */
export interface McNemarTest {
  /** How often chance alone would make the counts as uneven, on either side. */
  readonly pValue: number;
  readonly method: 'exact binomial' | 'chi-square with continuity correction';
}

/** Sum of the binomial probabilities of up to `most` heads in `throws` throws of a fair coin. */
function coinTail(most: number, throws: number): number {
  let probability = 2 ** -throws;
  let sum = probability;
  for (let heads = 1; heads <= most; heads++) {
    probability *= (throws - heads + 1) / heads;
    sum += probability;
  }
  return sum;
}

/**
 * Whether two models differ in how often they are right, on the same rows (McNemar 1947): of the rows that one alone
 * gets right, each should fall to either model like a coin. Few rows are tested by the binomial distribution, many by
 * chi-square with Edwards' correction.
 *
 * @param onlyA rows that the first model alone gets right
 * @param onlyB rows that the second model alone gets right
 */
export function mcNemar(onlyA: number, onlyB: number): McNemarTest {
  const discordant = onlyA + onlyB;
  if (discordant < FEW_DISCORDANT_ROWS) {
    return {
      pValue: Math.min(1, 2 * coinTail(Math.min(onlyA, onlyB), discordant)),
      method: 'exact binomial',
    };
  }
  // The correction moves the counts half a row together, and not past each other.
  const distance = Math.max(0, Math.abs(onlyA - onlyB) - 1);
  return {
    pValue: normalTwoSidedTail(distance / Math.sqrt(discordant)),
    method: 'chi-square with continuity correction',
  };
}
