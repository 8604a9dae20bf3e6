import type { z } from 'zod';
import { didYouMean } from '../near-matches.js';
import type { ValueProblem } from '../yaml/parse-yaml.js';
import { SCOPE_FIELDS, SCOPE_KEYS, scopeField } from './scope-fields.js';
import { findScopeTask } from './tasks.js';

/** Characters of a wrong key or value that a message repeats at most. */
const MOST_SHOWN = 60;

/**
 * What the schema found.
 *
 * @param value what stands at the issue's path; `undefined` where nothing does
 */
export function describeIssue(issue: z.core.$ZodIssue, value: unknown): ValueProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const within = path.length === 0 ? '' : ` in ${path.join('.')}`;
      const message = `unknown key ${JSON.stringify(shorten(key))}${within}. ${suggestKey(shorten(key), path)}`;
      return { path: [...path, key], message };
    });
  }
  const where = path.length === 0 ? 'scope' : path.join('.');
  return [
    { path, message: `${where}: ${value === undefined ? 'is missing' : describeValue(issue, path, value)}` },
  ];
}

/** Why a value will not do at that path; `undefined` where it will. */
export function problemOf(path: string, value: unknown): string | undefined {
  const result = scopeField(path)?.schema.safeParse(value);
  const issue = result?.error?.issues[0];
  return issue && describeValue(issue, path.split('.'), valueAt(value, issue.path));
}

/** What stands at a path within a value. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/** Text of a message has bounds that text of a file has not. */
function shorten(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}

function describeValue(issue: z.core.$ZodIssue, path: readonly string[], value: unknown): string {
  if (path.join('.') === 'task') {
    const task = typeof value === 'string' ? findScopeTask(value) : undefined;
    if (task !== undefined) return `is written ${task} here`;
  }
  if (issue.code === 'invalid_value' && issue.values.length > 1) {
    const accepted = issue.values.map(String);
    const guess = typeof value === 'string' ? didYouMean(shorten(value), accepted) : undefined;
    return `must be one of ${accepted.join(', ')}.${guess === undefined ? '' : ` ${guess}`}`;
  }
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.expected === 'object')
    return `must hold the fields ${scopeField(path.join('.'))?.keys?.join(', ') ?? ''}`;
  if (issue.expected === 'array') return 'must be a list, such as [en, de]';
  if (issue.expected === 'string') return 'must be text; put it in quotes';
  return issue.message;
}

/** The key that was meant: one of the same group, or the same word in another one. */
function suggestKey(key: string, path: readonly string[]): string {
  const own = path.length === 0 ? SCOPE_KEYS : (scopeField(path.join('.'))?.keys ?? []);
  const elsewhere = SCOPE_FIELDS.filter((field) => field.path.split('.').at(-1) === key.toLowerCase());
  if (elsewhere.length > 0) return `Did you mean ${elsewhere.map((field) => field.path).join(' or ')}?`;
  return didYouMean(key, own) ?? `Here may stand: ${own.join(', ')}.`;
}
