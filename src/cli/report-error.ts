import type { ToolkitError } from '../core/errors/toolkit-error.js';
import { toJsonText } from './json-text.js';
import type { Ports } from './ports.js';
import { styleFor } from './style.js';
import { sanitizeLinesForTerminal } from './terminal-text.js';

/** The stack of an error and of what caused it. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/**
 * The one place where an error is shown: for people as two lines on stderr, with `--json` as an object on stdout.
 * GENAI_DEBUG=1 adds the stack.
 */
export function reportError(error: ToolkitError, json: boolean, ports: Ports): void {
  if (json) {
    const { code, message, hint } = error;
    ports.stdout.write(toJsonText({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }));
  } else {
    const style = styleFor(ports.stderr);
    ports.stderr.write(`${style.error('Error:')} ${sanitizeLinesForTerminal(error.message)}\n`);
    if (error.hint !== undefined) ports.stderr.write(`  → ${sanitizeLinesForTerminal(error.hint)}\n`);
  }
  if (ports.environment['GENAI_DEBUG']) ports.stderr.write(`${sanitizeLinesForTerminal(stackOf(error))}\n`);
}
