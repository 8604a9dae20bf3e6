import { TRAINING_FLOPS_PER_PARAMETER_TOKEN } from '../compute/training-flops.js';
import type { ScalingLaw } from './scaling-law.js';

/** Budgets drawn beside the one asked for: two smaller, two larger, each ten times the one before. */
const BUDGET_RATIOS = [0.01, 0.1, 1, 10, 100] as const;
/** How far a curve of equal compute reaches to either side of its optimum, as a ratio of sizes. */
const REACH = 10;
const STEPS = 40;

type Point = readonly [x: number, y: number];

/** Loss against size where all models of a curve take the same compute. */
export interface IsoFlopCurve {
  readonly flops: number;
  /** Parameters and loss. */
  readonly points: readonly Point[];
  readonly optimum: Point;
}

/**
 * Curves of equal compute around a budget.
 *
 * @returns nothing for laws that predict no loss of a size and its data
 */
export function isoFlopCurves(law: ScalingLaw, budget: number): IsoFlopCurve[] {
  const { predictedLoss } = law;
  if (predictedLoss === undefined) return [];
  return BUDGET_RATIOS.map((ratio) => {
    const flops = budget * ratio;
    const { parameters } = law.optimum(flops);
    const lossOf = (size: number): number =>
      predictedLoss(size, flops / (TRAINING_FLOPS_PER_PARAMETER_TOKEN * size)).value;
    const sizes = Array.from(
      { length: STEPS + 1 },
      (_, step) => parameters.value * REACH ** ((2 * step) / STEPS - 1),
    );
    return {
      flops,
      points: sizes.map((size) => [size, lossOf(size)] as const),
      optimum: [parameters.value, lossOf(parameters.value)],
    };
  });
}

/** Optimal size and data against compute. */
export interface BudgetFrontier {
  readonly parameters: readonly Point[];
  readonly tokens: readonly Point[];
}

/** Optimal size and data of budgets around one. */
export function budgetFrontier(law: ScalingLaw, budget: number): BudgetFrontier {
  const optima = BUDGET_RATIOS.map((ratio) => ({
    flops: budget * ratio,
    ...law.optimum(budget * ratio),
  }));
  return {
    parameters: optima.map(({ flops, parameters }) => [flops, parameters.value] as const),
    tokens: optima.map(({ flops, tokens }) => [flops, tokens.value] as const),
  };
}
