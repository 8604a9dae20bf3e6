import { Flags } from '@oclif/core';
import { COMPUTE_DTYPES } from '../core/compute/peak-rate.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { parseParameterCount } from '../core/memory/parameter-count.js';
import { numberFlag } from './number-flag.js';

/** A flag whose value is a number of parameters, such as `37B`. The parser puts the flag's name before the message. */
const parameterCountFlag = Flags.custom<number>({
  parse: async (text) => {
    const count = parseParameterCount(text);
    if (count !== undefined) return count;
    throw new ToolkitError(
      `${JSON.stringify(text)} is not a number of parameters`,
      'USAGE',
      'Write it as 37B, 12.9e9 or 124M.',
    );
  },
  helpValue: '37B',
});

/** What is said of the operations of a training run, the same for every command that counts them. */
export const computeFlags = {
  'active-parameters': parameterCountFlag({
    summary: 'Of a bare parameter count, those that one token passes (mixture of experts).',
  }),
  'encoder-decoder': Flags.boolean({
    summary: 'A bare parameter count is that of an encoder–decoder, as T5.',
  }),
  'sequence-length': Flags.integer({
    min: 1,
    summary: 'Tokens of one training sequence [default: 4,096 or the model’s limit].',
  }),
  recompute: Flags.option({ options: ['none', 'selective', 'full'] as const, default: 'none' as const })({
    summary: 'What the backward pass computes again: nothing, attention, or everything.',
  }),
  method: Flags.option({ options: ['full', 'lora'] as const, default: 'full' as const })({
    summary: 'What is trained.',
  }),
  rank: Flags.integer({ min: 1, default: 8, summary: 'Inner dimension of LoRA adapters.' }),
  gpu: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    summary: 'A GPU’s name; may be repeated [default: V100, A100, H100 and H200].',
    helpValue: 'H100',
  }),
  dtype: Flags.option({ options: COMPUTE_DTYPES, default: 'bf16' as const })({
    summary: 'Number format of the matrix products.',
  }),
  utilisation: numberFlag({
    summary: 'Share of the dense peak that is reached [default: 0.4; prompts when serving 0.5].',
    helpValue: '0.4',
  }),
};
