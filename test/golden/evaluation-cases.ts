import type { Row } from '../../src/core/dataset-formats/row-format.js';

/** A task's rows (evaluation/rows.json, evaluation/harness/rows.json). */
export interface EvaluationCase {
  readonly examples: readonly Row[];
  readonly rows: readonly Row[];
  readonly generated?: readonly (readonly string[])[];
}

/** What lm-evaluation-harness makes of a row. */
export interface ExpectedRow {
  /** Several where the choices stand in the context. */
  readonly zero_shot: string | readonly string[];
  readonly with_examples: string | readonly string[];
  /** Pairs of context and continuation. */
  readonly requests?: readonly (readonly [string, string])[];
  readonly log_likelihoods?: readonly number[];
  readonly scores?: Readonly<Record<string, number>>;
  readonly target?: string;
  readonly generated?: readonly {
    readonly generated: string;
    readonly filter: string;
    readonly answer: string;
    readonly exact_match: number;
  }[];
}

/** What is in evaluation/expected.json. */
export type ExpectedEvaluation = Readonly<
  Record<
    'ready' | 'harness',
    Readonly<Record<string, { readonly rows: readonly ExpectedRow[]; readonly until?: readonly string[] }>>
  >
>;
