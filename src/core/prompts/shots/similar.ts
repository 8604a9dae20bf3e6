import { wordsOf } from './bm25.js';
import type { ExampleStrategy } from './example-strategy.js';

export const similar: ExampleStrategy = {
  id: 'similar',
  description:
    'The rows most like the one that is asked about, the most alike first, by the words they share (BM25); equally alike ones in the order of the pool.',
  rank({ pool, row }) {
    const scores = pool.bm25.scores(wordsOf(pool.text(row)));
    return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  },
};
