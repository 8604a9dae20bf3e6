import { ToolkitError } from '../errors/toolkit-error.js';
import { Random } from '../training/random.js';
import type { Example } from './example.js';

/** Examples that hold the same; `Example`s are made with their fields in one order. */
function groupEqual(examples: readonly Example[]): number[][] {
  const groups = new Map<string, number[]>();
  examples.forEach((example, index) => {
    const content = JSON.stringify(example);
    const group = groups.get(content);
    if (group === undefined) groups.set(content, [index]);
    else group.push(index);
  });
  return [...groups.values()];
}

/**
 * Sets a share of the examples aside for evaluation, chosen at random and in their order. Equal examples stay on one
 * side, so that nothing held out was trained on: the share is never exceeded, and missed where the examples still
 * needed are fewer than those that go together. At least one example is left to train on.
 *
 * @param fraction of the examples to hold out, at least 0 and below 1; rounded to the nearest count
 * @param seed equal seeds choose equal examples
 * @throws ToolkitError `USAGE` for another fraction
 */
export function holdOut(
  examples: readonly Example[],
  fraction: number,
  seed: number,
): { readonly train: Example[]; readonly heldOut: Example[] } {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new ToolkitError(
      `the share of examples held out is ${fraction}`,
      'USAGE',
      'Give a number of at least 0 and below 1.',
    );
  }
  const wanted = Math.min(Math.round(examples.length * fraction), examples.length - 1);
  const chosen = new Set<number>();
  for (const group of new Random(seed).shuffle(groupEqual(examples))) {
    if (chosen.size + group.length > wanted) continue;
    for (const index of group) chosen.add(index);
  }
  return {
    train: examples.filter((_, index) => !chosen.has(index)),
    heldOut: examples.filter((_, index) => chosen.has(index)),
  };
}
