import { wordsOf } from './bm25.js';
import type { ExampleRequest, ExampleStrategy } from './example-strategy.js';

export const similar: ExampleStrategy = {
  id: 'similar',
  description:
    'The rows most like the one that is asked about, the most alike first: by the words they share (BM25), or by embeddings where the provider makes them; equally alike ones in the order of the pool.',
  async rank(request) {
    const scores = request.embed === undefined ? wordScores(request) : await vectorScores(request);
    return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  },
};

function wordScores({ pool, row }: ExampleRequest): number[] {
  return pool.bm25.scores(wordsOf(pool.text(row)));
}

async function vectorScores({ pool, row, embed }: ExampleRequest): Promise<number[]> {
  const [own] = await embed!([pool.text(row)]);
  const others = await pool.embeddings(embed!);
  return others.map((vector) => cosine(own!, vector));
}

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
