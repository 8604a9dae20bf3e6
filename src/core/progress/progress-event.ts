/** How far a long piece of work has come; the core and the lifecycle emit it, the command line draws it. */
export interface ProgressEvent {
  /** What is being done, in the words the user sees, e.g. `fine-tune` or `load weights`. */
  readonly stage: string;
  /** Units done so far in this stage, a resumed part included. */
  readonly done: number;
  /** Units in the whole stage; absent while unknown. */
  readonly total?: number;
  /** Plural noun of what is counted, e.g. `steps`, `tokens`, or `bytes`, which is shown scaled. */
  readonly unit: string;
  /** Figures to show beside it, e.g. `{ loss: 2.31, 'tokens/s': 1840 }`, the most important first. */
  readonly fields?: Readonly<Record<string, string | number>>;
}

/** Receives progress; must return quickly and not throw. */
export type ProgressListener = (event: ProgressEvent) => void;
