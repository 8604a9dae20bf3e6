import { z } from 'zod';
import { MOST_BEAMS } from '../generation/beam-search.js';
import { samplingSchema } from '../generation/sampling-schema.js';
import { SCOPE_TASK_NAMES } from '../scope/tasks.js';
import { describeIssue } from '../yaml/describe-issue.js';
import type { ValueProblem } from '../yaml/parse-yaml.js';
import { EXAMPLE_STRATEGIES } from './shots/choose-examples.js';
import { EXAMPLES, LOOP } from './template-language.js';

/** Name under which a template knows the labels of its task. */
export const LABELS = 'labels';

/** Names that mean something else in a template than a variable of the row. */
const RESERVED_NAMES: readonly string[] = [EXAMPLES, LABELS, LOOP];

/** Examples that the front matter can ask for. */
export const MOST_SHOTS = 100;

const line = z.string().min(1, 'must not be empty').max(1000);
const longText = z.string().max(20_000);

/** What a template says of a variable. */
export interface PromptVariable {
  readonly description: string;
  /** Column of the row that it stands in, where that has another name. */
  readonly column?: string | undefined;
  /** What it is where the row has no such column, or nothing in it. */
  readonly default?: string | undefined;
}

const variableSchema = z.union([
  line.transform((description): PromptVariable => ({ description })),
  z.strictObject({ description: line, column: line.optional(), default: longText.optional() }),
]);

const variableName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    'a variable is named by letters, digits and _, beginning with a letter',
  )
  .refine(
    (name) => !RESERVED_NAMES.includes(name),
    `${RESERVED_NAMES.join(', ')} mean something else in a template`,
  );

/** How the answer is generated unless told otherwise, under the names of Hugging Face's generation_config.json. */
const generationSchema = z.strictObject({
  max_new_tokens: z.int().positive().optional(),
  temperature: samplingSchema.temperature.optional(),
  top_k: samplingSchema.topK.optional(),
  top_p: samplingSchema.topP.optional(),
  min_p: samplingSchema.minP.optional(),
  repetition_penalty: samplingSchema.repetitionPenalty.optional(),
  /** Above 1: this many texts are followed at once, and the likeliest as a whole is taken. */
  beams: z.int().min(1).max(MOST_BEAMS).optional(),
  /** Texts that end the answer. */
  stop: z.array(line).max(16).optional(),
});

/** The examples that stand in the prompt unless told otherwise. */
const shotsSchema = z.strictObject({
  count: z.int().min(0).max(MOST_SHOTS),
  /** How they are chosen. */
  strategy: z.enum(EXAMPLE_STRATEGIES.map(({ id }) => id) as [string, ...string[]]).default('random'),
  /** Of the choice of examples, and of sampling. */
  seed: z.int().min(0).default(0),
  /** File or folder of the rows that they are chosen from, as seen from the template's file. */
  from: line.optional(),
  /** Of those rows, where they must still be the same. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
    .optional(),
});

/** The front matter of a prompt template. */
export const promptSettingsSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is made of letters, digits, dots, dashes and underscores'),
  description: line.optional(),
  task: z.enum(SCOPE_TASK_NAMES).optional(),
  /** Whether the body is one text to be continued, or the turns of a conversation. */
  kind: z.enum(['plain', 'chat']).default('plain'),
  /** What is told before the conversation: a template too. */
  system: longText.optional(),
  variables: z.record(variableName, variableSchema),
  /** The variable that the model is to write: only examples show it. */
  answer: line.optional(),
  labels: z
    .array(line)
    .min(1)
    .max(1000)
    .refine((labels) => new Set(labels).size === labels.length, 'names a label twice')
    .optional(),
  /** Whether the likeliest label counts, or the one that is written. */
  labels_by: z.enum(['likelihood', 'generation']).optional(),
  generation: generationSchema.default({}),
  shots: shotsSchema.optional(),
});

/** What a prompt template says about itself. */
export type PromptSettings = Omit<z.output<typeof promptSettingsSchema>, 'variables'> & {
  readonly variables: Readonly<Record<string, PromptVariable>>;
};

/** Fields of the front matter, in the order in which it is written. */
export const PROMPT_KEYS = Object.keys(promptSettingsSchema.shape);

/** Tells in plain words what the schema found in a front matter. */
export function describePromptIssue(issue: z.core.$ZodIssue, value: unknown): readonly ValueProblem[] {
  const path = issue.path.map(String);
  const tell = (message: string): ValueProblem[] => [{ path, message: `${path.join('.')}: ${message}` }];
  if (issue.code === 'invalid_key') return tell(issue.issues.map(({ message }) => message).join('; '));
  if (issue.code === 'invalid_union') {
    return tell('must be a sentence, or the fields description, column and default');
  }
  return describeIssue(promptSettingsSchema, issue, value);
}
