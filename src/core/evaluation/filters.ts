import { z } from 'zod';
import { strip } from '../metrics/text/words.js';
import { pythonRegex } from './python-regex.js';

const pattern = z.string().superRefine((source, context) => {
  try {
    pythonRegex(source);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** What stands for an answer in which the expression finds nothing, as in lm-evaluation-harness. */
const NOT_FOUND = '[invalid]';

const PLAIN_STEPS = ['strip', 'lowercase', 'uppercase', 'first_line'] as const;

const regexStep = z.strictObject({
  regex: pattern.describe(
    'Regular expression (as in Python); its first group that is not empty is the answer.',
  ),
  match: z.int().default(0).describe('Which of several matches: 0 the first, 1 the second, -1 the last.'),
  fallback: z.string().default(NOT_FOUND).describe('The answer where nothing matches.'),
});

const numberStep = z.strictObject({
  number_after: z
    .string()
    .min(1)
    .describe('A mark, such as ####; the number after its last occurrence is the answer.'),
});

const mapStep = z.strictObject({
  map: z.record(z.string(), z.string()).describe('Answers by what was generated.'),
  fallback: z.string().default(NOT_FOUND).describe('The answer for anything else.'),
});

/** One step from what was generated to the answer that is scored. */
const filterStepSchema = z.union([z.enum(PLAIN_STEPS), regexStep, numberStep, mapStep], {
  error: `must be one of ${PLAIN_STEPS.join(', ')}, or hold regex (match, fallback), number_after, or map (fallback)`,
});

/** A step of {@link applyFilter}. */
export type FilterStep = z.output<typeof filterStepSchema>;

/** A way from what was generated to the answer that is scored. */
export const filterSchema = z.strictObject({
  name: z.string().min(1).max(100).describe('What the results are listed under.'),
  steps: z.array(filterStepSchema).max(32).describe('Steps, one after the other.'),
});

/** Settings of {@link applyFilter}. */
export type Filter = z.output<typeof filterSchema>;

/** The chosen match of an expression as Python's `findall` gives it: its groups if it has any, else the whole. */
function findMatch({ regex, match, fallback }: z.output<typeof regexStep>, text: string): string {
  const matches = [...text.matchAll(pythonRegex(regex))];
  const chosen = matches.at(match);
  if (chosen === undefined) return fallback;
  const [whole, ...groups] = chosen as (string | undefined)[];
  if (groups.length <= 1) return strip(groups.length === 0 ? whole! : (groups[0] ?? ''));
  return strip(groups.find((group) => group) ?? fallback);
}

function numberAfter(mark: string, text: string): string {
  const at = text.lastIndexOf(mark);
  const number = at < 0 ? undefined : /[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)/.exec(text.slice(at + mark.length));
  return number?.[0].replaceAll(',', '') ?? NOT_FOUND;
}

function applyStep(step: FilterStep, text: string): string {
  if (step === 'strip') return strip(text);
  if (step === 'lowercase') return text.toLowerCase();
  if (step === 'uppercase') return text.toUpperCase();
  if (step === 'first_line') return text.trimStart().split('\n', 1)[0]!.trimEnd();
  if ('regex' in step) return findMatch(step, text);
  if ('number_after' in step) return numberAfter(step.number_after, text);
  return Object.hasOwn(step.map, text) ? step.map[text]! : step.fallback;
}

/** The answer in a generated text. */
export function applyFilter(filter: Filter, generated: string): string {
  return filter.steps.reduce((text, step) => applyStep(step, text), generated);
}
