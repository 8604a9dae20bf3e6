import type { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Validates a configuration; all problems are reported at once, each with its field. */
export function readConfig<T extends z.ZodType>(schema: T, config: unknown): z.output<T> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'config'}: ${message}`,
  );
  throw new ToolkitError(
    `config.json: ${problems.length === 1 ? '' : `${problems.length} problems: `}${problems.join('; ')}`,
    'BAD_CHECKPOINT',
    'Compare it with the config.json published with the model.',
  );
}
