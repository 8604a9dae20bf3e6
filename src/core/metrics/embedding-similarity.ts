import { mean } from './text/mean.js';
import type { Metric } from './metric.js';

/** Cosine of the angle between two vectors of equal length; 0 where one is all zeros. */
export function cosineSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} numbers`);
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    squaresA += a[index]! ** 2;
    squaresB += b[index]! ** 2;
  }
  // Rounding must not carry a cosine beyond 1.
  const cosine = product / (Math.sqrt(squaresA) * Math.sqrt(squaresB));
  return squaresA === 0 || squaresB === 0 ? 0 : Math.max(-1, Math.min(1, cosine));
}

/** How near texts are to their references in meaning, as far as the vectors of an embedding model hold it. */
export const embeddingSimilarity: Metric<'embedding', number> = {
  id: 'embedding-similarity',
  name: 'Embedding similarity',
  needs: 'embedding',
  formula: 'mean over rows of Σ p × r / (sqrt(Σ p²) × sqrt(Σ r²))',
  source: 'Salton, Wong and Yang 1975; sklearn.metrics.pairwise.cosine_similarity',
  higherIsBetter: true,
  range: [-1, 1],
  isMean: true,
  statistic: ({ prediction, reference }) => cosineSimilarity(prediction, reference),
  aggregate: (cosines) => ({ embedding_similarity: mean(cosines) }),
  examples: [
    {
      rows: [
        { prediction: [3, 4], reference: [4, 3] },
        { prediction: [1, 0], reference: [0, 2] },
      ],
      values: { embedding_similarity: 0.48 },
      source: 'by hand: 24 / (5 × 5) and 0',
    },
  ],
};
