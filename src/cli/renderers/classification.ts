import type { ClassificationResult } from '../../lifecycle/evaluate/classification.js';
import type { Column } from '../table.js';

/** Accuracy and F1 in one line. */
export function summaryLine({ accuracy, macro_f1, rows }: ClassificationResult): string {
  return `Accuracy ${(100 * accuracy).toFixed(1)} % on ${rows} rows (macro F1 ${macro_f1.toFixed(3)}). Rows below are the truth, columns what the model chose.`;
}

/** One column per class that was predicted. */
export function confusionColumns({ labels }: ClassificationResult): Column[] {
  return [
    { title: 'truth' },
    ...labels.map((title) => ({ title, align: 'right' as const })),
    { title: 'recall', align: 'right' },
  ];
}

/** One row per true class. */
export function confusionRows({ labels, confusion, per_label }: ClassificationResult): string[][] {
  return labels.map((label, index) => [
    label,
    ...confusion[index]!.map(String),
    `${(100 * per_label[index]!.recall).toFixed(1)} %`,
  ]);
}
