import { ToolkitError } from '../../errors/toolkit-error.js';
import { Random } from '../../training/random.js';
import type { ExampleStrategy } from './example-strategy.js';

export const balanced: ExampleStrategy = {
  id: 'balanced',
  description:
    'One row of each label in turn, labels and rows drawn with the seed: the same for every prompt; a label that has run out is passed over.',
  rank({ pool, seed }) {
    const { labelColumn } = pool;
    if (labelColumn === undefined) {
      throw new ToolkitError(
        'balanced examples need to know the column of the label',
        'USAGE',
        'Name it as answer: in the prompt template, or choose random.',
      );
    }
    const generator = new Random(seed);
    const ofLabel = new Map<string, number[]>();
    for (const [index, row] of pool.rows.entries()) {
      const label = JSON.stringify(row[labelColumn] ?? null);
      const group = ofLabel.get(label);
      if (group === undefined) ofLabel.set(label, [index]);
      else group.push(index);
    }
    const groups = generator.shuffle([...ofLabel.values()]);
    for (const group of groups) generator.shuffle(group);
    const rounds = Math.max(0, ...groups.map(({ length }) => length));
    return Array.from({ length: rounds }, (_, round) =>
      groups.flatMap((group) => group.slice(round, round + 1)),
    ).flat();
  },
};
