import { parseTokenCount } from '../core/estimates/token-count.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { scopeMetric } from '../core/scope/metrics.js';
import { scopeField } from '../core/scope/scope-fields.js';
import { problemOf } from '../core/scope/scope-problems.js';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../core/scope/privacy-levels.js';
import { findScopeTask, SCOPE_TASK_NAMES, scopeTask, type ScopeTaskName } from '../core/scope/tasks.js';
import type { ScopePath } from '../core/scope/conditions.js';
import type { Choice, Prompts } from './prompts.js';

/** Values of a scope by their path, as far as they are known. */
export type ScopeValues = Partial<Record<ScopePath, unknown>>;

/** How the command line asks for one value of a scope: by a flag, or by a question. */
export interface ScopeQuestion {
  readonly path: ScopePath;
  readonly flag: string;
  readonly kind: 'text' | 'number' | 'count' | 'codes' | 'yes-no' | 'choice';
  readonly question: string;
  /** Whether it matters, by what is known so far; without, always. */
  readonly matters?: (known: ScopeValues) => boolean;
  /** The answers of a choice. */
  readonly choices?: (known: ScopeValues) => readonly Choice<string>[];
}

const taskOf = (known: ScopeValues) => scopeTask(known.task as ScopeTaskName);
const writes = (known: ScopeValues): boolean => taskOf(known).generates;

/** Every value of a scope, in the order in which it is asked for. */
export const SCOPE_QUESTIONS: readonly ScopeQuestion[] = [
  { path: 'name', flag: 'name', kind: 'text', question: 'What is the project called?' },
  {
    path: 'task',
    flag: 'task',
    kind: 'choice',
    question: 'What is the model to do?',
    choices: () =>
      SCOPE_TASK_NAMES.map((value) => {
        const { words, explanation } = scopeTask(value);
        return { name: `${value} (${words[0] ?? value})`, value, description: explanation };
      }),
  },
  { path: 'description', flag: 'description', kind: 'text', question: 'What comes in, and what goes out?' },
  { path: 'example.input', flag: 'example-input', kind: 'text', question: 'An example of an input?' },
  {
    path: 'example.output',
    flag: 'example-output',
    kind: 'text',
    question: 'What should come out for it?',
    matters: (known) => known['example.input'] != null,
  },
  {
    path: 'input_tokens',
    flag: 'input-tokens',
    kind: 'count',
    question: 'How long is a typical input, in tokens (4 for every 3 English words)?',
  },
  {
    path: 'output_tokens',
    flag: 'output-tokens',
    kind: 'count',
    question: 'How long is a typical output, in tokens?',
    matters: writes,
  },
  {
    path: 'languages',
    flag: 'language',
    kind: 'codes',
    question: 'In which languages (en, de, zh, …; several with spaces between)?',
  },
  {
    path: 'domain.name',
    flag: 'domain',
    kind: 'text',
    question: 'From which field are the texts (law, medicine, finance, …; empty for everyday language)?',
  },
  {
    path: 'domain.unusual_vocabulary',
    flag: 'unusual-vocabulary',
    kind: 'yes-no',
    question: 'Are its words rare elsewhere, or do they mean something else there ("res judicata")?',
    matters: (known) => known['domain.name'] != null,
  },
  {
    path: 'domain.tokens_available',
    flag: 'domain-tokens',
    kind: 'count',
    question: 'How many tokens of unlabelled text of the domain may you train on (such as 2B)?',
    matters: (known) => known['domain.unusual_vocabulary'] === true,
  },
  {
    path: 'labelled_examples',
    flag: 'labelled-examples',
    kind: 'count',
    question: 'How many inputs with their right output do you have (0 for none yet)?',
  },
  {
    path: 'quality.metric',
    flag: 'metric',
    kind: 'choice',
    question: 'What is quality measured by?',
    choices: (known) =>
      taskOf(known).metrics.map((value) => {
        const { name, explanation } = scopeMetric(value);
        return { name, value, description: explanation };
      }),
  },
  {
    path: 'quality.target',
    flag: 'target',
    kind: 'number',
    question: 'What bar must it reach, in the unit of the metric (0.9; BLEU and chrF 0 to 100)?',
    matters: (known) => known['quality.metric'] != null,
  },
  {
    path: 'latency.first_token_seconds',
    flag: 'first-token-seconds',
    kind: 'number',
    question: 'How many seconds may pass before an answer begins?',
  },
  {
    path: 'latency.tokens_per_second',
    flag: 'tokens-per-second',
    kind: 'number',
    question: 'How fast must an answer be written, in tokens per second?',
    matters: writes,
  },
  {
    path: 'volume.requests_per_day',
    flag: 'requests-per-day',
    kind: 'number',
    question: 'How many requests come in a day?',
  },
  {
    path: 'volume.concurrent',
    flag: 'concurrent',
    kind: 'count',
    question: 'How many at the same moment, at the peak?',
    matters: (known) => known['volume.requests_per_day'] != null,
  },
  {
    path: 'privacy',
    flag: 'privacy',
    kind: 'choice',
    question: 'Where may the texts go?',
    choices: () =>
      Object.entries(PRIVACY_LEVELS).map(([value, description]) => ({
        name: value,
        value: value as PrivacyLevel,
        description,
      })),
  },
  {
    path: 'hardware.gpu',
    flag: 'gpu',
    kind: 'text',
    question: 'On which GPU will it run (H100, RTX 4090, …; empty for what this machine has)?',
  },
  {
    path: 'hardware.gpus',
    flag: 'gpus',
    kind: 'count',
    question: 'On how many of them (0 for the processor alone)?',
    matters: (known) => known['hardware.gpu'] != null,
  },
  {
    path: 'hardware.memory_gb',
    flag: 'memory-gb',
    kind: 'number',
    question: 'How much memory has it, in GB?',
    matters: (known) => known.privacy === 'on-device' && known['hardware.gpu'] == null,
  },
  {
    path: 'budget.usd',
    flag: 'budget',
    kind: 'number',
    question: 'How many US dollars may it cost to build?',
  },
  {
    path: 'budget.usd_per_month',
    flag: 'budget-per-month',
    kind: 'number',
    question: 'How many US dollars a month may it cost to run?',
  },
  {
    path: 'licence.commercial_use',
    flag: 'commercial-use',
    kind: 'yes-no',
    question: 'Must the licence of the model allow commercial use?',
  },
  {
    path: 'licence.derivatives',
    flag: 'derivatives',
    kind: 'yes-no',
    question: 'Will changed weights, as from fine-tuning, be passed on to others?',
  },
];

/** What a scope cannot be without. */
export const REQUIRED_QUESTIONS = SCOPE_QUESTIONS.filter(({ path }) => path === 'name' || path === 'task');

/** What a flag or a field is for, in one sentence. */
export function explanationOf({ path }: ScopeQuestion): string {
  return (scopeField(path)?.description ?? '').replace(/; (null|\[\]): [^;]*\.$/, '.');
}

/** The value that a text stands for; the text itself where it stands for none, which no schema takes. */
function valueOf({ kind, path }: ScopeQuestion, text: string): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case 'number':
      return trimmed === '' || Number.isNaN(Number(trimmed)) ? text : Number(trimmed);
    case 'count':
      return countOf(trimmed);
    case 'codes':
      return trimmed.split(/[\s,]+/);
    case 'choice':
      return path === 'task' ? (findScopeTask(trimmed) ?? trimmed) : trimmed;
    default:
      return text;
  }
}

function problemWith({ kind, path }: ScopeQuestion, value: unknown): string | undefined {
  const isUnread = kind === 'count' && typeof value === 'string';
  return isUnread ? 'must be a whole number, such as 800, 20k or 3B' : problemOf(path, value);
}

function countOf(text: string): unknown {
  if (text === '0') return 0;
  try {
    return parseTokenCount(text);
  } catch {
    return text;
  }
}

/**
 * Values of the flags that were given.
 *
 * @throws ToolkitError `USAGE` that lists every flag whose value will not do
 */
export function valuesOfFlags(flags: Readonly<Record<string, unknown>>): ScopeValues {
  const values: ScopeValues = {};
  const problems: string[] = [];
  for (const question of SCOPE_QUESTIONS) {
    const given = flags[question.flag];
    if (given === undefined) continue;
    const text = Array.isArray(given) ? given.join(' ') : given;
    const value = typeof text === 'string' ? valueOf(question, text) : given;
    const problem = problemWith(question, value);
    if (problem === undefined) values[question.path] = value;
    else problems.push(`--${question.flag} ${JSON.stringify(text)}: ${problem}`);
  }
  if (problems.length === 0) return values;
  throw new ToolkitError(problems.join('\n'), 'USAGE', 'genai scope --help explains every flag.');
}

/** Of a question that may be left open, the answer that does so: the first, as the empty line is where text is asked. */
const LEFT_OPEN: Choice<undefined> = {
  name: 'not said',
  value: undefined,
  description: 'Leaves it open; the plan says what usually suits.',
};

/** Asks for what is not known yet and matters for the task; an empty answer leaves it open. */
export async function askScope(prompts: Prompts, given: ScopeValues): Promise<ScopeValues> {
  const known: ScopeValues = { ...given };
  for (const question of SCOPE_QUESTIONS) {
    if (known[question.path] !== undefined || question.matters?.(known) === false) continue;
    known[question.path] = await askOne(prompts, question, known);
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

async function askOne(prompts: Prompts, question: ScopeQuestion, known: ScopeValues): Promise<unknown> {
  const isRequired = REQUIRED_QUESTIONS.includes(question);
  const open = isRequired ? [] : [LEFT_OPEN];
  if (question.choices !== undefined) {
    return prompts.choose<string | undefined>(question.question, [...open, ...question.choices(known)]);
  }
  if (question.kind === 'yes-no') {
    return prompts.choose<boolean | undefined>(question.question, [
      LEFT_OPEN,
      { name: 'yes', value: true },
      { name: 'no', value: false },
    ]);
  }
  const answer = await prompts.text(question.question, {
    problem: (text) =>
      text.trim() === ''
        ? isRequired
          ? 'Something is needed here.'
          : undefined
        : problemWith(question, valueOf(question, text)),
  });
  return answer.trim() === '' ? undefined : valueOf(question, answer);
}
