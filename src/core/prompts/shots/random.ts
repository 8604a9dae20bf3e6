import { Random } from '../../training/random.js';
import type { ExampleStrategy } from './example-strategy.js';

export const random: ExampleStrategy = {
  id: 'random',
  description:
    'Rows drawn with the seed, in the order in which they are drawn: the same for every prompt; fewer examples are the first of more.',
  rank: ({ pool, seed }) => new Random(seed).shuffle([...pool.rows.keys()]),
};
