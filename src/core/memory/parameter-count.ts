import { parseCount } from '../estimates/count.js';

export { looksLikeNumber } from '../estimates/count.js';

const PARAMETERS = {
  noun: 'parameters',
  // A hundred times the largest models known; 24 bytes for each are still an exact whole number below 2^53.
  most: 1e14,
  mostOf: 'any model could have',
  examples: '7B, 124M, 1.5e9 or 6738415616',
};

/**
 * Reads a parameter count such as `7B`, `124M`, `1.5e9`, `6,738,415,616` or `6738415616`.
 *
 * @returns `undefined` for text that is no number at all, such as a path
 * @throws ToolkitError `USAGE` for a number that cannot be a count of parameters
 */
export function parseParameterCount(text: string): number | undefined {
  return parseCount(text, PARAMETERS);
}
