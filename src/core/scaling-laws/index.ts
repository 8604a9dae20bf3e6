export { assessTraining, VERDICTS, type Assessment, type Verdict } from './assessment.js';
export { flopsOfAcceleratorTime, hoursOfMoney, type AcceleratorTime } from './compute-budget.js';
export { equalLossModels, type EqualLossModel } from './equal-loss.js';
export { kaplanLossOfCompute, kaplanLossOfSize, kaplanLossOfTokens } from './kaplan.js';
export {
  EPOCH,
  findLaw,
  HOFFMANN_PRINTED,
  HOFFMANN_UNROUNDED,
  RULE_TOKENS_PER_PARAMETER,
  SCALING_LAWS,
} from './laws.js';
export { parametricLaw, type ParametricConstants } from './parametric-law.js';
export { fitPowerLaw, type PowerLaw } from './power-law.js';
export { budgetFrontier, isoFlopCurves, type BudgetFrontier, type IsoFlopCurve } from './scaling-curves.js';
export { isWithinFit, tokensPerParameter, type Optimum, type ScalingLaw } from './scaling-law.js';
