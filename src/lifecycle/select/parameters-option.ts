import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { parseParameterCount } from '../../core/memory/parameter-count.js';

/**
 * The number of parameters that a flag's value writes.
 *
 * @throws ToolkitError `USAGE` for anything else
 */
export function parametersOption(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = parseParameterCount(text);
  if (count !== undefined) return count;
  throw new ToolkitError(
    `${flag}: ${JSON.stringify(text)} is no number of parameters`,
    'USAGE',
    'Write it as 7B, 124M or 1.5e9.',
  );
}
