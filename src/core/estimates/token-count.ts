import { ToolkitError } from '../errors/toolkit-error.js';
import { parseCount } from './count.js';

const TOKENS = {
  noun: 'tokens',
  // Fifty times the largest training sets known (2026: about 4e13), and still an exact whole number below 2^53.
  most: 2e15,
  mostOf: 'all text there is',
  examples: '300B, 1.4T, 2e9 or 11800000',
};

/**
 * Reads a number of tokens such as `300B`, `1.4T`, `1e12` or `11,800,000`.
 *
 * @throws ToolkitError `USAGE` for anything else
 */
export function parseTokenCount(text: string): number {
  const count = parseCount(text, TOKENS);
  if (count !== undefined) return count;
  throw new ToolkitError(
    `${JSON.stringify(text)} is not a number of ${TOKENS.noun}`,
    'USAGE',
    `Write it as ${TOKENS.examples}.`,
  );
}
