import { Flags } from '@oclif/core';
import { ToolkitError } from '../core/errors/toolkit-error.js';

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 };
const QUANTITY = /^(?<number>\d+(?:\.\d+)?(?:e\+?\d+)?|\d{1,3}(?:[,_]\d{3})+)\s*(?<suffix>[kmbt]?)$/i;

/** A flag whose value is an amount above zero with or without a suffix of magnitude: `1.4T`, `300B`, `2e10`. */
export const quantityFlag = Flags.custom<number>({
  parse: async (text, _context, { name }) => {
    const { number, suffix } = QUANTITY.exec(text.trim())?.groups ?? {};
    const value = Number(number?.replace(/[,_]/g, '')) * (SUFFIXES[suffix?.toLowerCase() ?? ''] ?? NaN);
    if (Number.isFinite(value) && value > 0) return value;
    throw new ToolkitError(
      `${JSON.stringify(text)} is not an amount above zero`,
      'USAGE',
      `Write it as 300B, 1.4T or 2e10, e.g. --${name} 300B.`,
    );
  },
});
