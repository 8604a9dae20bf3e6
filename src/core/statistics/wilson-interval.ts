import { checkConfidence, type Interval } from './interval.js';
import { normalQuantile } from './normal-distribution.js';

/**
 * Where a share lies that was counted on a sample (Wilson 1927): sound for few rows and for shares near 0 and 1, where
 * the textbook's p ± z × sqrt(p(1 - p)/n) is not.
 *
 * @param confidence such as 0.95
 * @throws RangeError for counts that are no share, or a confidence outside (0, 1)
 */
export function wilsonInterval(successes: number, total: number, confidence = 0.95): Interval {
  if (!(total > 0 && successes >= 0 && successes <= total)) throw new RangeError(`${successes} of ${total}`);
  checkConfidence(confidence);
  const z = normalQuantile((1 + confidence) / 2);
  const share = successes / total;
  const centre = (share + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  const reach =
    (z / (1 + z ** 2 / total)) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return { lower: Math.max(0, centre - reach), upper: Math.min(1, centre + reach) };
}
