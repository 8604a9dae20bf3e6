import type { Engine, TensorData } from '../../../../src/core/engine/engine.js';
import type { Case } from './case.js';
import {
  differentiated,
  gradientsOf,
  randomWeights,
  runOnce,
  valuesOf,
  variantsOf,
  type Computed,
  type OutputWeights,
} from './case-program.js';
import { uniformNumbers } from './operand.js';

/**
 * Step along a random direction with components in [-1, 1). The five-point formula is off by step⁴ · f⁗′ / 30 (5e-9 for
 * derivatives around 1), and by the rounding of its terms, about 2⁻²⁴ · 1.5 · f / step (5e-6 · f).
 */
const STEP = 2 ** -6;
/** Weights of the five-point formula at 2, 1, -1 and -2 steps (Abramowitz and Stegun 1964, 25.3.6). */
const STENCIL = [
  [2, -1 / 12],
  [1, 8 / 12],
  [-1, -8 / 12],
  [-2, 1 / 12],
] as const;

/** The derivative along a direction may miss by this share of what its terms add up to without their signs. */
const RELATIVE_TOLERANCE = 1e-3;
/** What rounding does, as a share of the function: see {@link STEP}. */
const ROUNDING = 2e-5;

interface Direction {
  readonly operand: number;
  readonly components: Float64Array;
}

/** The weighted sum of all float outputs, added up in float64. */
function weighted({ values }: Computed, weights: OutputWeights, magnitude: (term: number) => number): number {
  let sum = 0;
  Object.values(values).forEach((output, index) => {
    weights[index]?.data.forEach((weight, place) => (sum += magnitude(weight * output[place]!)));
  });
  return sum;
}

function moved(each: Case, { operand, components }: Direction, distance: number): Case {
  const operands = each.operands.map((original, index) =>
    index === operand
      ? {
          ...original,
          data: Float32Array.from(original.data, (value, place) => value + distance * components[place]!),
        }
      : original,
  );
  return { ...each, operands };
}

/**
 * Compares the gradient of a case with central differences, along one random direction for every float operand.
 *
 * @returns what is wrong; empty if the gradient is right
 */
export async function gradientProblems(engine: Engine, each: Case): Promise<string[]> {
  const fed = variantsOf(each)[0]!;
  const value = await runOnce(engine, valuesOf(each, [fed]));
  const weights = randomWeights(Object.values(value.specs));
  const gradients = await runOnce(engine, gradientsOf(each, weights, [fed]));
  const next = uniformNumbers(1);
  const problems: string[] = [];
  for (const operand of differentiated(each, fed)) {
    const { data } = each.operands[operand]!;
    if (data.length === 0) continue;
    const direction = { operand, components: Float64Array.from(data, () => 2 * next() - 1) };
    let difference = 0;
    for (const [steps, factor] of STENCIL) {
      const there = await runOnce(engine, valuesOf(moved(each, direction, steps * STEP), [fed]));
      difference += (factor / STEP) * weighted(there, weights, (term) => term);
    }
    const gradient: TensorData = gradients.values[`${fed.name}: d${operand}`]!;
    const terms = direction.components.map((component, place) => component * gradient[place]!);
    const along = terms.reduce((sum, term) => sum + term, 0);
    const tolerance =
      RELATIVE_TOLERANCE * terms.reduce((sum, term) => sum + Math.abs(term), 0) +
      ROUNDING * weighted(value, weights, Math.abs);
    if (!(Math.abs(along - difference) <= tolerance)) {
      problems.push(
        `${each.name}: along a direction of operand ${operand}, ${along} instead of ${difference}`,
      );
    }
  }
  return problems;
}
