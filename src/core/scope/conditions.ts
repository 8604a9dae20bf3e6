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

/** In words, what of the facts met each test of the condition. */
export function grounds(facts: Facts, condition: Condition<string>): string[] {
  return Object.entries(condition).map(([path, test]) => ground(path, facts[path] ?? null, test!));
}

function ground(path: string, fact: Facts[string], test: Test): string {
  if (fact === null) return `${path} is not said`;
  const value = typeof fact === 'number' ? fact.toLocaleString('en-US') : String(fact);
  const isBounded = typeof test === 'object' && test !== null && ('atLeast' in test || 'below' in test);
  return isBounded ? `${path} is ${value} (${boundsText(test)})` : `${path} is ${value}`;
}

function boundsText({ atLeast, below }: Bounds): string {
  return [
    ...(atLeast === undefined ? [] : [`${atLeast.toLocaleString('en-US')} or more`]),
    ...(below === undefined ? [] : [`below ${below.toLocaleString('en-US')}`]),
  ].join(', ');
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
