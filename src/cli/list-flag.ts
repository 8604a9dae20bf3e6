import { Flags } from '@oclif/core';
import { ToolkitError } from '../core/errors/toolkit-error.js';

/** A flag whose value is one number or several with commas between them, such as `0,1,3`. */
export const numberListFlag = Flags.custom<number[]>({
  parse: async (text, _context, { name }) => {
    const words = text.split(',').map((word) => word.trim());
    const numbers = words.map(Number);
    if (words.every((word) => word !== '') && numbers.every(Number.isFinite)) return numbers;
    throw new ToolkitError(
      `${JSON.stringify(text)} is not a list of numbers`,
      'USAGE',
      `Give for example --${name} 1 or --${name} 1,2: numbers with commas between them.`,
    );
  },
});

/** A flag whose value is one word or several with commas between them, such as `negative,positive`. */
export const wordListFlag = Flags.custom<string[]>({
  parse: async (text) => text.split(',').map((word) => word.trim()),
});

/** A flag given several times, each a name and a value with `=` between them. */
export const pairFlag = Flags.custom<readonly [name: string, value: string]>({
  parse: async (text, _context, { name }) => {
    const [key, ...value] = text.split('=');
    if (key !== '' && value.length > 0 && value.join('=') !== '') return [key!, value.join('=')];
    throw new ToolkitError(
      `${JSON.stringify(text)} is not NAME=VALUE`,
      'USAGE',
      `Give for example --${name} text=review.`,
    );
  },
});
