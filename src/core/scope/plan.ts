import { findAccelerator } from '../accelerators/find-accelerator.js';
import type { ModelKind } from '../architectures/architecture.js';
import { figure, type Figure } from '../estimates/figure.js';
import { grounds, meets, scopeFacts, type Facts } from './conditions.js';
import type { MetricName } from './metrics.js';
import {
  NEXT_COMMANDS,
  PLAN_RULES,
  TOPICS,
  type Decisions,
  type PlanRule,
  type RuleFigure,
  type Topic,
} from './plan-rules.js';
import type { Scope } from './scope-schema.js';
import { scopeTask } from './tasks.js';

/** One advice, with what it rests on. */
export interface Advice {
  /** The rule's id. */
  readonly rule: string;
  readonly topic: Topic;
  readonly advice: string;
  /** What of the scope made the rule fit; none for a rule that always does. */
  readonly because: readonly string[];
  readonly reason: string;
  readonly source: string;
  /** Numbers that the advice names. */
  readonly figures: Readonly<Record<string, Figure>>;
}

/** A reasoned plan for a project. */
export interface Plan {
  /** Architecture families that suit, the best first. */
  readonly families: readonly ModelKind[];
  readonly approach: Decisions['approach'];
  readonly pre_training: Decisions['pre_training'];
  readonly metric: {
    readonly name: MetricName;
    readonly target: number | null;
    readonly chosen_by: 'scope' | 'plan';
  };
  /** Labelled examples: to have, at hand (`null`: not known), and still to gather. */
  readonly data: {
    readonly examples: number;
    readonly available: number | null;
    readonly missing: number;
  };
  readonly advice: readonly Advice[];
  readonly next_commands: readonly { readonly command: string; readonly purpose: string }[];
}

/**
 * What the rules say about a project.
 *
 * @param file where the scope is written, for the commands that read it
 */
export function planProject(scope: Scope, file = 'scope.yaml'): Plan {
  const decided: Partial<Decisions> = {};
  const advice: Advice[] = [];
  const known = factsOf(scope);
  for (const rule of PLAN_RULES) {
    const isSettled = TOPICS[rule.topic].first && advice.some(({ topic }) => topic === rule.topic);
    const facts = { ...known, ...decisionFacts(decided) };
    if (isSettled || !meets(facts, rule.when)) continue;
    advice.push(adviceOf(rule, facts));
    Object.assign(decided, rule.decides);
  }
  // Every task has a rule for each of these; a contract test walks them.
  const { families, approach, pre_training, metric, examples } = decided as Decisions;
  const { labelled_examples: available, quality } = scope;
  return {
    ...{ families, approach, pre_training },
    metric: {
      name: quality.metric ?? metric,
      target: quality.target,
      chosen_by: quality.metric === null ? 'plan' : 'scope',
    },
    data: { examples, available, missing: Math.max(0, examples - (available ?? 0)) },
    advice,
    next_commands: nextCommands({ ...known, ...decisionFacts(decided), ...figureValues(advice), file }),
  };
}

/** The facts of a scope, and what follows from them. */
function factsOf(scope: Scope): Facts {
  const { hardware, quality, volume, input_tokens: input, output_tokens: output } = scope;
  const usual: readonly string[] = scopeTask(scope.task).metrics;
  const perDay = volume.requests_per_day;
  return {
    ...scopeFacts(scope),
    'hardware.memory_of_gpu_gb': hardware.memory_gb ?? memoryOfGpu(hardware.gpu),
    'quality.metric_is_usual': quality.metric === null ? null : usual.includes(quality.metric),
    'volume.tokens_per_day': perDay === null || input === null ? null : perDay * (input + (output ?? 0)),
  };
}

/** GB (1e9 bytes) of a GPU that the table of accelerators has; `null` for any other. */
function memoryOfGpu(gpu: string | null): number | null {
  if (gpu === null) return null;
  try {
    return findAccelerator(gpu).memoryGb;
  } catch {
    return null;
  }
}

function decisionFacts({ families, approach, pre_training }: Partial<Decisions>): Facts {
  return {
    'plan.family': families?.[0] ?? null,
    'plan.approach': approach ?? null,
    'plan.pre_training': pre_training ?? null,
  };
}

function adviceOf(rule: PlanRule, facts: Facts): Advice {
  const figures = Object.fromEntries(
    Object.entries(rule.figures ?? {}).map(([name, recipe]) => [name, compute(recipe, facts)]),
  );
  const values = Object.fromEntries(Object.entries(figures).map(([name, { value }]) => [name, value]));
  return {
    rule: rule.id,
    topic: rule.topic,
    advice: fill(rule.advice, { ...facts, ...values }),
    because: grounds(facts, rule.when),
    reason: rule.reason,
    source: rule.source,
    figures,
  };
}

function compute({ formula, inputs, source, leavesOut }: RuleFigure, facts: Facts): Figure {
  const values = Object.entries(inputs).map(([name, input]) => [
    name,
    typeof input === 'number' ? input : Number(facts[input]),
  ]);
  return figure(formula, Object.fromEntries(values) as Record<string, number>, { source, leavesOut });
}

function figureValues(advice: readonly Advice[]): Record<string, number> {
  return Object.fromEntries(
    advice.flatMap(({ figures }) => Object.entries(figures).map(([name, { value }]) => [name, value])),
  ) as Record<string, number>;
}

function nextCommands(facts: Facts): Plan['next_commands'] {
  return NEXT_COMMANDS.filter(({ when }) => meets(facts, when)).map(({ command, purpose }) => ({
    command: fill(command, facts, commandWord),
    purpose,
  }));
}

/** Puts facts into the braces of a text. */
function fill(text: string, facts: Facts, write = inProse): string {
  return text.replace(/\{([\w.]+)\}/g, (_, path: string) => write(facts[path] ?? null));
}

function inProse(fact: Facts[string]): string {
  return typeof fact === 'number'
    ? compactNumber(fact, (whole) => whole.toLocaleString('en-US'))
    : String(fact);
}

/** The fact as a POSIX shell must be given it. */
function commandWord(fact: Facts[string]): string {
  if (typeof fact === 'number') return compactNumber(fact, String);
  const word = String(fact);
  return /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const MAGNITUDES = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
] as const;

/** `363B`, `1.25`: three digits that count; whole numbers below a million in full. */
function compactNumber(value: number, writeWhole: (whole: number) => string): string {
  const [unit, suffix] = MAGNITUDES.find(([magnitude]) => value >= magnitude) ?? [1, ''];
  if (unit === 1 && Number.isInteger(value)) return writeWhole(value);
  return `${Number((value / unit).toPrecision(3))}${suffix}`;
}
