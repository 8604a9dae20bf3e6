import type { LoweringTable } from '../lowering.js';
import { ELEMENT_WISE } from './element-wise.js';
import { INDEXING } from './indexing.js';
import { PRODUCTS } from './products.js';
import { REDUCTIONS } from './reductions.js';
import { SHAPES } from './shapes.js';

/** Every TensorFlow.js kernel that can be traced. */
export const LOWERINGS: LoweringTable = {
  ...ELEMENT_WISE,
  ...REDUCTIONS,
  ...SHAPES,
  ...PRODUCTS,
  ...INDEXING,
};
