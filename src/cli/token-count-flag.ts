import { Flags } from '@oclif/core';
import { parseTokenCount } from '../core/estimates/token-count.js';

/** A flag whose value is a number of tokens, such as `300B` or `1.4T`. The parser puts the flag's name before the message. */
export const tokenCountFlag = Flags.custom<number>({
  parse: async (text) => parseTokenCount(text),
  helpValue: '300B',
});
