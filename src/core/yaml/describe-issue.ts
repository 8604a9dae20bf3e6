import { z } from 'zod';
import { didYouMean } from '../near-matches.js';
import type { ValueProblem } from './parse-yaml.js';

/** Characters of a wrong key or value that a message repeats at most. */
const MOST_SHOWN = 60;

/** The schema inside defaults, nulls and choices that has fields or items. */
function inside(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return inside(schema.unwrap());
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return inside(schema.unwrap());
  return schema;
}

/** Keys that may stand at a path of a schema; none where it holds no fields. */
function keysAt(schema: unknown, path: readonly string[]): string[] {
  const own = inside(schema);
  if (own instanceof z.ZodUnion) return own.options.flatMap((option) => keysAt(option, path));
  if (own instanceof z.ZodArray) return path.length === 0 ? [] : keysAt(own.element, path.slice(1));
  if (!(own instanceof z.ZodObject)) return [];
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(own.shape);
  return keysAt((own.shape as Record<string, unknown>)[key], rest);
}

const shorten = (text: string): string =>
  text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;

/**
 * Tells in plain words what a schema found in a file: unknown keys with the one that may be meant, values with what is
 * accepted.
 *
 * @param value what stands at the issue's path; `undefined` where nothing does
 */
export function describeIssue(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  value: unknown,
): readonly ValueProblem[] {
  const path = issue.path.map(String);
  const field = path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message:
        `unknown key ${JSON.stringify(shorten(key))}${path.length === 0 ? '' : ` in ${field}`}. ` +
        (didYouMean(shorten(key), known) ?? `Here may stand: ${known.join(', ')}.`),
    }));
  }
  const tell = (message: string): readonly ValueProblem[] => [{ path, message: `${field}: ${message}` }];
  if (value === undefined && issue.code !== 'custom') return tell('is missing');
  if (issue.code === 'invalid_value') {
    const accepted = issue.values.map(String);
    const guess = typeof value === 'string' ? didYouMean(shorten(value), accepted) : undefined;
    return tell(`must be one of ${accepted.join(', ')}.${guess === undefined ? '' : ` ${guess}`}`);
  }
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    // Of what may stand here, the one that comes nearest tells most.
    const nearest = issue.errors.find((errors) => errors.some(({ path: inner }) => inner.length > 0));
    if (nearest !== undefined)
      return nearest.flatMap((inner) =>
        describeIssue(schema, { ...inner, path: [...issue.path, ...inner.path] }, null),
      );
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return tell(`must hold the fields ${keysAt(schema, path).join(', ')}`);
  }
  return tell(issue.message);
}
