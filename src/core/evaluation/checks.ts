import { exactMatch } from '../metrics/exact-match.js';
import { jsonSchemaMatch } from '../metrics/json-schema-match.js';
import { jsonValidity } from '../metrics/json-validity.js';

/** An answer, and what is known of what it should be. */
export interface CheckedAnswer {
  /** Filtered and normalised as the task says. */
  readonly answer: string;
  /** Normalised too. */
  readonly targets: readonly string[];
  /** The answer as the filter leaves it. */
  readonly text: string;
  /** The row's target as JSON Schema. */
  readonly schema: () => unknown;
  /** What was recorded beside the answer; `undefined` where nothing was. */
  readonly recorded: boolean | undefined;
}

/**
 * What tells whether one of several tries is right. None of them runs what a model wrote: programs are to be run
 * elsewhere, where that is safe, and their outcomes recorded.
 */
export const CHECKS = {
  'exact-match': {
    description: 'it equals a target',
    passes: ({ answer, targets }: CheckedAnswer) =>
      exactMatch.statistic({ prediction: answer, references: targets }) === 1,
  },
  contains: {
    description: 'it holds a target',
    passes: ({ answer, targets }: CheckedAnswer) =>
      targets.some((target) => target !== '' && answer.includes(target)),
  },
  'json-validity': {
    description: 'it is JSON',
    passes: ({ text }: CheckedAnswer) => jsonValidity.statistic({ prediction: text }) === 1,
  },
  'json-schema-match': {
    description: 'it is JSON that meets the schema in the target',
    passes: ({ text, schema }: CheckedAnswer) =>
      jsonSchemaMatch.statistic({ prediction: text, schema: schema() }) === 1,
  },
  recorded: {
    description: 'the recorded output says "passed": true',
    passes: ({ recorded }: CheckedAnswer) => recorded === true,
  },
} as const satisfies Readonly<
  Record<string, { readonly description: string; passes(answer: CheckedAnswer): boolean }>
>;

/** The name of a check in {@link CHECKS}. */
export type CheckName = keyof typeof CHECKS;
