import { z } from 'zod';
import { METRIC_NAMES, scopeMetric, type MetricName } from './metrics.js';
import { PRIVACY_LEVELS, type PrivacyLevel } from './privacy-levels.js';
import { SCOPE_TASK_NAMES } from './tasks.js';

/** Characters of a line and of an example at most: what is longer is a document, not an example. */
const LONGEST = { line: 200, text: 20_000 } as const;

/** Half of a surrogate pair cannot be written to a file. */
const text = (longest: number) =>
  z
    .string()
    .min(1, 'must not be empty; leave it out or write null')
    .max(longest, `must have at most ${longest} characters`)
    .refine((value) => !/\p{Surrogate}/u.test(value), 'holds half a character (a lone surrogate)');

const line = () =>
  text(LONGEST.line).refine((value) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value), 'must be one line');

const integerError = 'must be a whole number';
const whole = (least: number, most: number) =>
  z
    .number('must be a number')
    .int(integerError)
    .min(least, `must be ${least} or more`)
    .max(most, `must be ${most} at most`);

const amount = (most: number) =>
  z.number('must be a number').positive('must be above zero').max(most, `must be ${most} at most`);

/** The same field, which may be left open; the description tells what that means. */
const open = <T extends z.ZodType>(schema: T, description: string) =>
  schema
    .nullable()
    .default(null as never)
    .describe(description);

/** A group of fields, all of which may be left out. */
const group = <T extends z.ZodObject>(fields: T, description: string) =>
  fields.prefault({} as never).describe(description);

/** ISO 639-1 (two letters) or ISO 639-3 (three) of a language that Unicode's data knows by a name. */
const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
const language = z
  .string()
  .refine(
    (code) => /^[a-z]{2,3}$/.test(code) && languageNames.of(code) !== undefined,
    'must be an ISO 639 code of a language, such as en, de or zh',
  );

/** Most of what a field can sensibly hold; more is a slip of the pen. */
const MOST = {
  tokens: 2e15,
  contextTokens: 10_000_000,
  rows: 1e12,
  requests: 1e12,
  gpus: 1_000_000,
  gigabytes: 10_000_000,
  usd: 1e12,
  seconds: 86_400,
  tokensPerSecond: 1e6,
} as const;

/** Version of the form that is read and written. */
export const SCOPE_VERSION = 1;

/** A target is a value of its metric. */
function checkTarget(
  { metric, target }: { metric: MetricName | null; target: number | null },
  context: z.RefinementCtx,
): void {
  if (target === null) return;
  const best = metric === null ? undefined : scopeMetric(metric).best;
  const message =
    best === undefined
      ? 'needs the metric beside it'
      : best !== null && target > best
        ? `must be at most ${best}, the best that ${metric} can be`
        : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['target'], message });
}

/** What `scope.yaml` may hold. Descriptions are the file's comments, the published schema and the questions asked. */
export const scopeSchema = z
  .strictObject({
    version: z.literal(SCOPE_VERSION, `must be ${SCOPE_VERSION}`).describe('Version of this form.'),
    name: line().describe('What the project is called.'),
    task: z.enum(SCOPE_TASK_NAMES).describe(`What the model does. One of: ${SCOPE_TASK_NAMES.join(', ')}.`),
    description: open(
      text(LONGEST.text),
      'What comes in, what goes out, and what it is for; null: not said.',
    ),
    example: group(
      z.strictObject({
        input: open(text(LONGEST.text), 'A typical input; null: none at hand.'),
        output: open(text(LONGEST.text), 'What should come out for it; null: none at hand.'),
      }),
      'One example of the task.',
    ),
    input_tokens: open(
      whole(1, MOST.contextTokens),
      'Length of a typical input in tokens (about 4 to every 3 English words); null: not known.',
    ),
    output_tokens: open(
      whole(1, MOST.contextTokens),
      'Length of a typical output in tokens; null: not known, or labels only.',
    ),
    languages: z
      .array(language)
      .refine((codes) => new Set(codes).size === codes.length, 'names a language twice')
      .default([])
      .describe('Languages of the texts, as ISO 639 codes (en, de, zh, …); []: not said.'),
    domain: group(
      z.strictObject({
        name: open(
          line(),
          'Field that the texts come from: law, medicine, finance, …; null: everyday language.',
        ),
        unusual_vocabulary: open(
          z.boolean('must be true or false'),
          'Whether its words are rare elsewhere or mean something else there, as in law ("res judicata") or ' +
            'prescriptions ("1 tab po qid pc & hs"); null: not known.',
        ),
        tokens_available: open(
          whole(0, MOST.tokens),
          'Tokens of unlabelled text from the domain that you may train on; null: not known.',
        ),
      }),
      'What the texts are about.',
    ),
    labelled_examples: open(
      whole(0, MOST.rows),
      'How many inputs with their right output you have; 0: none yet; null: not known.',
    ),
    quality: group(
      z
        .strictObject({
          metric: open(
            z.enum(METRIC_NAMES),
            `What quality is measured by: ${METRIC_NAMES.join(', ')}; null: the plan's advice.`,
          ),
          target: open(
            z.number('must be a number').positive('must be above zero').max(1e6, 'must be 1000000 at most'),
            "The bar to reach, in the metric's own unit (0 to 1; BLEU and chrF 0 to 100); null: no bar set.",
          ),
        })
        .superRefine(checkTarget),
      'When the project has succeeded.',
    ),
    latency: group(
      z.strictObject({
        first_token_seconds: open(
          amount(MOST.seconds),
          'Longest wait for the beginning of an answer, in seconds; null: it does not matter.',
        ),
        tokens_per_second: open(
          amount(MOST.tokensPerSecond),
          'Least speed of one answer, in tokens per second; null: it does not matter.',
        ),
      }),
      'How fast it must answer.',
    ),
    volume: group(
      z.strictObject({
        requests_per_day: open(amount(MOST.requests), 'Requests in a day; null: not known.'),
        concurrent: open(whole(1, MOST.requests), 'Requests at the same moment, at the peak; null: one.'),
      }),
      'How much it must answer.',
    ),
    privacy: open(
      z.enum(Object.keys(PRIVACY_LEVELS) as [PrivacyLevel, ...PrivacyLevel[]]),
      `Where texts may go. ${Object.entries(PRIVACY_LEVELS)
        .map(([level, meaning]) => `${level}: ${meaning}`)
        .join('; ')}; null: anything.`,
    ),
    hardware: group(
      z.strictObject({
        gpu: open(line(), 'GPU it runs on, such as H100 or RTX 4090; null: what this machine has.'),
        gpus: open(
          whole(0, MOST.gpus),
          'How many of them; 0: the processor alone; null: those this machine has.',
        ),
        memory_gb: open(
          amount(MOST.gigabytes),
          'Memory of one GPU, or of the machine without any, in GB (1e9 bytes); null: as the hardware has it.',
        ),
      }),
      'What it runs on; all null: this machine.',
    ),
    budget: group(
      z.strictObject({
        usd: open(amount(MOST.usd), 'US dollars to build it, once; null: no limit set.'),
        usd_per_month: open(amount(MOST.usd), 'US dollars a month to run it; null: no limit set.'),
      }),
      'What it may cost.',
    ),
    licence: group(
      z.strictObject({
        commercial_use: open(
          z.boolean('must be true or false'),
          'Whether the licence of the model must allow commercial use; null: it does not matter.',
        ),
        derivatives: open(
          z.boolean('must be true or false'),
          'Whether changed weights, as from fine-tuning, will be passed on to others; null: it does not matter.',
        ),
      }),
      'What the licence of the model must allow.',
    ),
  })
  .describe('Scope of a generative-AI project: what it is for and what it must keep to.');

/** A project's scope, complete: what was left out is `null` (or no language). */
export type Scope = z.output<typeof scopeSchema>;

/** A scope as it may be written: everything but version, name and task may be left out. */
export type ScopeInput = z.input<typeof scopeSchema>;
