import { LLAMA_FACTORY_BYTES_PER_PARAMETER } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered } from './case-input.js';

/** The rule in the table's last column; its printed cells do not follow it. */
export const llamaFactory = answers(
  inUnits('', (input) => {
    const method = input.text('method');
    if (!Object.hasOwn(LLAMA_FACTORY_BYTES_PER_PARAMETER, method)) throw new Unanswered(`the method ${method}`);
    const bytes = LLAMA_FACTORY_BYTES_PER_PARAMETER[method as keyof typeof LLAMA_FACTORY_BYTES_PER_PARAMETER];
    return bytes * input.number('params_b') * 1e9;
  }),
);
