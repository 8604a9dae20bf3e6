import type { z } from 'zod';
import { ToolkitError } from '../core/errors/toolkit-error.js';

/** `sequenceLength` → `--sequence-length`: the flag under which the command line knows an option. */
function flagName(option: PropertyKey): string {
  return `--${String(option).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Checks the options of a lifecycle function and fills in their defaults.
 *
 * @throws ToolkitError `USAGE` that lists every problem at once, each under its flag
 */
export function parseOptions<T extends z.ZodType>(schema: T, options: unknown): z.output<T> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const [option, ...inner] = path;
    const where = option === undefined ? 'options' : [flagName(option), ...inner.map(String)].join('.');
    return `${where}: ${message}`;
  });
  throw new ToolkitError(problems.join('\n'), 'USAGE', 'Mend the options named above.', result.error);
}
