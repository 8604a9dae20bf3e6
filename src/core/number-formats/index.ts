/** How numbers are held: range, precision, and what rounding does to them. */
export { NUMBER_FORMATS } from './formats.js';
export {
  formatLimits,
  largestInteger,
  project,
  storedBits,
  type BlockScale,
  type CodebookFormat,
  type FloatingPointFormat,
  type FormatLimits,
  type IntegerFormat,
  type NumberFormat,
} from './number-format.js';
