import type { z } from 'zod';
import { ApiError } from './api-error.js';

/**
 * Checks a body.
 *
 * @throws ApiError 400 that tells every problem, and names the field of the first
 */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const isUnknown = issue.code === 'unrecognized_keys';
    const param = [...issue.path, ...(isUnknown ? issue.keys.slice(0, 1) : [])].map(String).join('.');
    const text = isUnknown ? `Unknown parameter ${issue.keys.join(', ')}` : issue.message;
    return {
      param,
      code: isUnknown ? 'unknown_parameter' : undefined,
      text: param ? `${param}: ${text}` : text,
    };
  });
  const { param, code } = problems[0]!;
  throw new ApiError(400, problems.map(({ text }) => text).join('; '), { param: param || undefined, code });
}
