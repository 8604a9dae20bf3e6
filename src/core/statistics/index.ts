/** How sure a measurement is, and whether one model is better than another. */
export { bootstrapInterval, type BootstrapOptions, type MeasuredValue } from './bootstrap-interval.js';
export { describeComparison } from './describe-comparison.js';
export { cohensD, cohensH, effectMagnitude } from './effect-size.js';
export type { Interval } from './interval.js';
export { mcNemar, type McNemarTest } from './mcnemar.js';
export { normalQuantile, normalTwoSidedTail } from './normal-distribution.js';
export { pairedBootstrap, type PairedComparison } from './paired-bootstrap.js';
export { wilsonInterval } from './wilson-interval.js';
