import { EXIT_CODES } from '../core/errors/exit-codes.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import type { Ports } from './ports.js';

/** A signal for long work, bound to Ctrl-C until it is released. */
export interface Interruption {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Makes the first Ctrl-C abort the signal, so that work can save what it has, and the second end the process.
 * A reader that goes away (`genai … | head -1`) aborts the signal too.
 * @param hint what to do next, for who stopped it
 */
export function bindInterruption(ports: Ports, hint?: string): Interruption {
  const controller = new AbortController();
  const release = ports.onStop((reason) => {
    if (controller.signal.aborted) {
      if (reason === 'interrupt') ports.exit(EXIT_CODES.INTERRUPTED.exit);
      return;
    }
    if (reason === 'interrupt') ports.stderr.write('\nStopping; Ctrl-C again quits at once.\n');
    controller.abort(
      new ToolkitError(
        reason === 'interrupt' ? 'Stopped by Ctrl-C' : 'Stopped: nothing reads the output any more',
        'INTERRUPTED',
        hint,
      ),
    );
  });
  return { signal: controller.signal, release };
}
