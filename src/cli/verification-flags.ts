import os from 'node:os';
import { Flags } from '@oclif/core';

/** What exports are verified on. */
export const VERIFICATION_FLAGS = {
  prompts: Flags.string({
    summary: 'File of further prompts to compare on, one on each line.',
    helpGroup: 'VERIFICATION',
  }),
  dataset: Flags.string({
    summary: 'Rows to take perplexity of [default: a text that comes with the toolkit].',
    helpGroup: 'VERIFICATION',
  }),
  split: Flags.string({ default: 'test', summary: 'Part of the dataset.', helpGroup: 'VERIFICATION' }),
  threads: Flags.integer({
    min: 1,
    summary: 'Processor threads for one operation [default: all that the machine offers].',
    helpGroup: 'VERIFICATION',
  }),
};

/** The threads that were asked for, or all. */
export function threadsOf({ threads }: { readonly threads?: number | undefined }): number {
  return threads ?? os.availableParallelism();
}
