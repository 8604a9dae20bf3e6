/** Every error code of the toolkit, its process exit status and its meaning: the one table. */
export const EXIT_CODES = {
  UNEXPECTED: { exit: 1, meaning: 'a defect of the toolkit itself' },
  USAGE: { exit: 2, meaning: 'a flag or argument is wrong or missing' },
  NOT_FOUND: { exit: 3, meaning: 'a file or folder named by the user does not exist' },
  BAD_DATASET: { exit: 4, meaning: 'dataset rows cannot be read or learnt from' },
  BAD_CHECKPOINT: { exit: 5, meaning: 'a checkpoint, tokenizer or adapter is damaged or inconsistent' },
  UNSUPPORTED: { exit: 6, meaning: 'the input is valid but this toolkit cannot handle it' },
  CONTEXT_OVERFLOW: { exit: 7, meaning: 'the text does not fit the context window' },
  OUT_OF_RESOURCES: { exit: 8, meaning: 'not enough memory or disk' },
  ENGINE: { exit: 9, meaning: 'the requested engine or device is not available' },
  WRITE_FAILED: { exit: 10, meaning: 'output could not be written; nothing half-written was left behind' },
  DIVERGED: { exit: 11, meaning: 'training produced a loss that is not a finite number' },
  NETWORK: { exit: 12, meaning: 'a server could not be reached, or did not answer as it should' },
  BELOW_THRESHOLD: {
    exit: 100,
    meaning:
      'the work was done, and its result fails: a metric does not reach --fail-under, or an export is not its model',
  },
  INTERRUPTED: { exit: 130, meaning: 'stopped by the user (Ctrl-C); the message says how to resume' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

/** Stable identifier of an error. */
export type ErrorCode = keyof typeof EXIT_CODES;
