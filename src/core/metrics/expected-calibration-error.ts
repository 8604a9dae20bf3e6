import { ratio } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Equal parts of the confidences from 0 to 1 (Guo et al. 2017). */
const BINS = 15;

interface Confidence {
  /** Probability that the model gave to the class it chose. */
  readonly confidence: number;
  readonly correct: boolean;
}

/**
 * How far a model's confidence is from how often it is right. A class that has no probability counts as one of
 * confidence 0.
 */
export const expectedCalibrationError: Metric<'probability', Confidence> = {
  id: 'expected-calibration-error',
  name: 'Expected calibration error, 15 bins',
  needs: 'probability',
  formula:
    'Σ over bins of (rows in bin / rows) × |accuracy in bin - mean confidence in bin|; bin b of 15 holds the confidences in ((b - 1)/15, b/15]',
  source: 'Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017, arXiv 1706.04599, equations 2, 3 and 5',
  higherIsBetter: false,
  range: [0, 1],
  statistic: ({ prediction, reference, probabilities }) => ({
    confidence: Object.hasOwn(probabilities, prediction) ? probabilities[prediction]! : 0,
    correct: prediction === reference,
  }),
  aggregate(rows) {
    const bins = Array.from({ length: BINS }, () => ({ rows: 0, correct: 0, confidence: 0 }));
    for (const { confidence, correct } of rows) {
      const bin = bins[Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1))]!;
      bin.rows++;
      bin.correct += Number(correct);
      bin.confidence += confidence;
    }
    const gaps = bins.map((bin) => Math.abs(ratio(bin.correct, bin.rows) - ratio(bin.confidence, bin.rows)));
    return {
      expected_calibration_error: bins.reduce(
        (sum, bin, index) => sum + ratio(bin.rows, rows.length) * gaps[index]!,
        0,
      ),
      maximum_calibration_error: Math.max(...gaps),
    };
  },
  examples: [
    {
      rows: [
        { prediction: 'a', reference: 'a', probabilities: { a: 0.9, b: 0.1 } },
        { prediction: 'a', reference: 'b', probabilities: { a: 0.9, b: 0.1 } },
        { prediction: 'b', reference: 'b', probabilities: { a: 0.4, b: 0.6 } },
        { prediction: 'a', reference: 'a', probabilities: { a: 1, b: 0 } },
      ],
      values: { expected_calibration_error: 0.3, maximum_calibration_error: 0.4 },
      source:
        'by hand: bins of 0.9 (2 rows, |1/2 - 0.9|), 0.6 (|1 - 0.6|), 1 (|1 - 1|): (2 × 0.4 + 0.4 + 0) / 4',
    },
  ],
};
