import { z } from 'zod';
import { pythonRegex } from './python-regex.js';

const pattern = z.string().superRefine((source, context) => {
  try {
    pythonRegex(source);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** What is overlooked when an answer is held against what was wanted; named as in lm-evaluation-harness. */
export const normalizationSchema = z.strictObject({
  ignore_case: z.boolean().default(false).describe('Whether capitals and small letters are the same.'),
  ignore_punctuation: z
    .boolean()
    .default(false)
    .describe('Whether ASCII punctuation is left out, as in Python’s string.punctuation.'),
  ignore_numbers: z.boolean().default(false).describe('Whether the digits 0 to 9 are left out.'),
  regexes_to_ignore: z
    .array(pattern)
    .max(32)
    .default([])
    .describe('Regular expressions (as in Python) of what is left out, one after the other.'),
});

/** Settings of {@link normalizeAnswer}. */
export type Normalization = z.output<typeof normalizationSchema>;

const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/**
 * An answer without what is overlooked: first the expressions, then case, punctuation and digits, as `exact_match` of
 * lm-evaluation-harness does it.
 */
export function normalizeAnswer(answer: string, settings: Normalization): string {
  let text = answer;
  for (const source of settings.regexes_to_ignore) text = text.replace(pythonRegex(source), '');
  if (settings.ignore_case) text = text.toLowerCase();
  if (settings.ignore_punctuation) text = text.replace(PUNCTUATION, '');
  if (settings.ignore_numbers) text = text.replace(/[0-9]/g, '');
  return text;
}
