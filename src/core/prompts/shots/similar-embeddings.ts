import { ToolkitError } from '../../errors/toolkit-error.js';
import type { ExampleStrategy } from './example-strategy.js';

export const similarEmbeddings: ExampleStrategy = {
  id: 'similar-embeddings',
  description:
    'The rows most like the one that is asked about, the most alike first, by the embeddings that the model makes of them; equally alike ones in the order of the pool.',
  async rank({ pool, row, embed }) {
    if (embed === undefined) {
      throw new ToolkitError(
        'examples cannot be chosen by embeddings here: whoever answers makes none',
        'USAGE',
        'Choose them by the words they share instead: similar.',
      );
    }
    const [own] = await embed([pool.text(row)]);
    const scores = (await pool.embeddings(embed)).map((vector) => cosine(own!, vector));
    return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  },
};

/** Cosine of the angle between two vectors; 0 where one of them is zero. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squareA, squareB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    squareA += a[index]! ** 2;
    squareB += b[index]! ** 2;
  }
  const lengths = Math.sqrt(squareA) * Math.sqrt(squareB);
  return lengths === 0 ? 0 : product / lengths;
}
