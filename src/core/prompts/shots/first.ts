import type { ExampleStrategy } from './example-strategy.js';

export const first: ExampleStrategy = {
  id: 'first',
  description: 'The first rows of the pool, in their order: the same for every prompt.',
  rank: ({ pool }) => [...pool.rows.keys()],
};
