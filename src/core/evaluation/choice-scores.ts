/** What a row of several choices contributes, as `process_results` of lm-evaluation-harness counts it. */
export interface ChoiceScores {
  /** Index of the most likely choice. */
  readonly predicted: number;
  /** 1 when that is right, else 0. */
  readonly acc: number;
  /** The same with each log-likelihood divided by the length of its choice in characters (Unicode code points). */
  readonly acc_norm: number;
  /** The same with each log-likelihood divided by the length of its choice in bytes of UTF-8. */
  readonly acc_bytes: number;
  /** Share of the probability of all choices that the right ones have: MC2 of TruthfulQA (Lin et al. 2021). */
  readonly probability_mass: number;
}

/** Index of the largest value, the first of equal ones; one that is not a number counts as the largest, as in NumPy. */
function argMax(values: readonly number[]): number {
  const notANumber = values.findIndex(Number.isNaN);
  if (notANumber >= 0) return notANumber;
  return values.indexOf(values.reduce((best, value) => Math.max(best, value), -Infinity));
}

/**
 * Scores the choices of one row.
 *
 * `acc_norm` is by characters, as lm-evaluation-harness counts; GPT-3's paper and other tools divide by tokens or bytes.
 * The separator before a choice is not part of its length.
 *
 * @param logLikelihoods natural logarithm of each choice's probability after its context
 * @param choices the choices without the separator before them
 * @param targets indices of the right ones
 */
export function scoreChoices(
  logLikelihoods: readonly number[],
  choices: readonly string[],
  targets: readonly number[],
): ChoiceScores {
  const encoder = new TextEncoder();
  const isRight = (index: number): number => Number(targets.includes(index));
  const perLength = (length: (choice: string) => number): number =>
    argMax(logLikelihoods.map((value, index) => value / length(choices[index]!)));
  const predicted = argMax(logLikelihoods);
  // Probabilities relative to the largest: those of long texts are too small for a number.
  const largest = logLikelihoods[predicted]!;
  const masses = logLikelihoods.map((value) => Math.exp(value - largest));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    predicted,
    acc: isRight(predicted),
    acc_norm: isRight(perLength((choice) => Array.from(choice).length)),
    acc_bytes: isRight(perLength((choice) => encoder.encode(choice).length)),
    probability_mass: sum(masses.filter((_, index) => targets.includes(index))) / sum(masses),
  };
}
