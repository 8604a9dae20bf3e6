import { Flags } from '@oclif/core';
import { ToolkitError } from '../core/errors/toolkit-error.js';

/** A flag whose value is any finite number, e.g. `0.7` or `1e-3`. The parser puts the flag's name before the message. */
export const numberFlag = Flags.custom<number>({
  parse: async (text, _context, { name }) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new ToolkitError(
      `${JSON.stringify(text)} is not a number`,
      'USAGE',
      `Give for example --${name} 0.5.`,
    );
  },
});
