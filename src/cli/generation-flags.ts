import { Args, Flags, type Interfaces } from '@oclif/core';
import { ENGINE_FLAGS } from './engine-flags.js';
import { numberFlag } from './number-flag.js';

/** The argument of every command that runs a model. */
export const MODEL_ARGUMENT = {
  model: Args.string({
    required: true,
    ignoreStdin: true,
    description: 'Folder of a model, of an adapter, or of a training run; or a GGUF file.',
  }),
};

/** How text is generated, and by what. */
export const GENERATION_FLAGS = {
  adapter: Flags.string({ summary: 'Folder of a LoRA adapter to use with the model.' }),
  'max-new-tokens': Flags.integer({ min: 1, summary: 'Most tokens of an answer [default: 128].' }),
  temperature: numberFlag({
    summary: 'Sample with this temperature; 1 is the model’s own, 0 takes the likeliest [default: 0].',
    helpGroup: 'SAMPLING',
  }),
  'top-k': Flags.integer({
    min: 1,
    summary: 'Sample among this many likeliest tokens.',
    helpGroup: 'SAMPLING',
  }),
  'top-p': numberFlag({
    summary: 'Sample among the likeliest tokens that together have this probability.',
    helpGroup: 'SAMPLING',
  }),
  'min-p': numberFlag({
    summary: 'Sample among tokens at least this share as likely as the likeliest.',
    helpGroup: 'SAMPLING',
  }),
  'repetition-penalty': numberFlag({
    summary: 'Makes tokens that occurred less likely if above 1.',
    helpGroup: 'SAMPLING',
  }),
  seed: Flags.integer({ min: 0, summary: 'Seed of sampling [default: the clock].', helpGroup: 'SAMPLING' }),
  stop: Flags.string({ multiple: true, summary: 'End the answer at this text; can be given several times.' }),
  ...ENGINE_FLAGS,
};

/** The values of {@link GENERATION_FLAGS} under the names that lifecycle functions know. */
export function generationOptions(flags: Interfaces.InferredFlags<typeof GENERATION_FLAGS>) {
  const { adapter, temperature, seed, stop } = flags;
  return {
    ...{ adapter, temperature, seed, stop },
    maxNewTokens: flags['max-new-tokens'],
    topK: flags['top-k'],
    topP: flags['top-p'],
    minP: flags['min-p'],
    repetitionPenalty: flags['repetition-penalty'],
  };
}
