import type { z } from 'zod';
import { quoteName } from '../core/checkpoints/quote-name.js';
import { ApiError } from './api-error.js';

/** Problems of one body that are told. */
const MOST_TOLD = 10;

/** Characters of a field's name that are told. */
const LONGEST_PARAM = 200;

/** Programs write null for what they leave out. */
function withoutNulls(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/**
 * Checks a body.
 *
 * @throws ApiError 400 that tells the problems, the first ones of many, and names the field of the first
 */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(withoutNulls(body));
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, MOST_TOLD).map((issue) => {
    const isUnknown = issue.code === 'unrecognized_keys';
    const param = [...issue.path, ...(isUnknown ? issue.keys.slice(0, 1) : [])]
      .join('.')
      .slice(0, LONGEST_PARAM);
    const text = isUnknown
      ? `Unknown parameter ${issue.keys.slice(0, MOST_TOLD).map(quoteName).join(', ')}`
      : issue.message;
    return {
      param,
      code: isUnknown ? 'unknown_parameter' : undefined,
      text: param ? `${param}: ${text}` : text,
    };
  });
  const { param, code } = problems[0]!;
  throw new ApiError(400, problems.map(({ text }) => text).join('; '), { param: param || undefined, code });
}
