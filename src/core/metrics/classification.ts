import { labelScores, ratio } from './labels/label-scores.js';

/** How predictions of classes compare with the truth. */
export interface ClassificationReport {
  readonly labels: readonly string[];
  /** `confusion[truth][prediction]`, by index in `labels`. */
  readonly confusion: readonly (readonly number[])[];
  /** Share of predictions that are right. */
  readonly accuracy: number;
  /** Mean over classes of the harmonic mean of precision and recall; a class never predicted counts 0. */
  readonly macro_f1: number;
  readonly per_label: readonly {
    readonly label: string;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    /** Rows of this class. */
    readonly support: number;
  }[];
}

/**
 * Accuracy, F1 and confusion matrix.
 *
 * @param truth true class of each row, by index in `labels`
 * @param predicted predicted class of each row
 */
export function classificationReport(
  labels: readonly string[],
  truth: readonly number[],
  predicted: readonly number[],
): ClassificationReport {
  const confusion = labels.map(() => labels.map(() => 0));
  truth.forEach((label, row) => (confusion[label]![predicted[row]!]! += 1));
  const perLabel = labels.map((label, index) => {
    const hits = confusion[index]![index]!;
    const support = confusion[index]!.reduce((sum, count) => sum + count, 0);
    const claimed = confusion.reduce((sum, row) => sum + row[index]!, 0);
    return { label, ...labelScores({ hits, claimed, support }), support };
  });
  const hits = labels.reduce((sum, _, index) => sum + confusion[index]![index]!, 0);
  return {
    labels,
    confusion,
    accuracy: ratio(hits, truth.length),
    macro_f1: ratio(
      perLabel.reduce((sum, { f1 }) => sum + f1, 0),
      labels.length,
    ),
    per_label: perLabel,
  };
}
