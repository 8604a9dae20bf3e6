import type { Scope } from './scope-schema.js';

type Value = string | number | boolean | null;

type PathsOf<T> = {
  [Key in keyof T & string]: NonNullable<T[Key]> extends Value | readonly unknown[]
    ? Key
    : `${Key}.${PathsOf<NonNullable<T[Key]>>}`;
}[keyof T & string];

/** Path of a value in a scope: `quality.target`. */
export type ScopePath = PathsOf<Scope>;

/** What rules look at, by path: the values of a scope, and what follows from them. */
export type Facts = Readonly<Record<string, Value | readonly string[]>>;

/** Bounds of a number; nothing is within bounds while it is not known. */
export interface Bounds {
  readonly atLeast?: number;
  readonly below?: number;
}

/** What a fact must be: this value, one of these, within these bounds, or known at all; `null`: not known. */
export type Test = Value | readonly Value[] | Bounds | { readonly known: true };

/** All of its tests must hold. An empty one always does. */
export type Condition<Path extends string> = Readonly<Partial<Record<Path, Test>>>;

const isOneOf = (test: Test): test is readonly Value[] => Array.isArray(test);

/** Whether the facts meet the condition. */
export function meets(facts: Facts, condition: Condition<string>): boolean {
  return Object.entries(condition).every(([path, test]) => holds(facts[path] ?? null, test!));
}

function holds(fact: Facts[string], test: Test): boolean {
  if (isOneOf(test)) return test.some((value) => value === fact);
  if (test === null || typeof test !== 'object') return fact === test;
  if ('known' in test) return fact !== null;
  if (typeof fact !== 'number') return false;
  return fact >= (test.atLeast ?? -Infinity) && fact < (test.below ?? Infinity);
}

/** The condition in words, one test each. */
export function conditionText(condition: Condition<string>): string[] {
  return Object.entries(condition).map(([path, test]) => `${path} ${testText(test!)}`);
}

function testText(test: Test): string {
  if (isOneOf(test)) return `is ${test.map(String).join(' or ')}`;
  if (test === null) return 'is not said';
  if (typeof test !== 'object') return `is ${String(test)}`;
  if ('known' in test) return 'is given';
  const { atLeast, below } = test;
  return [
    ...(atLeast === undefined ? [] : [`is ${atLeast.toLocaleString('en-US')} or more`]),
    ...(below === undefined ? [] : [`is below ${below.toLocaleString('en-US')}`]),
  ].join(' and ');
}

/** The values of a scope by their paths. */
export function scopeFacts(scope: Scope): Facts {
  const facts: Record<string, Value | readonly string[]> = {};
  for (const [key, value] of Object.entries(scope)) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) facts[key] = value;
    else for (const [inner, leaf] of Object.entries(value)) facts[`${key}.${inner}`] = leaf as Value;
  }
  return facts;
}
