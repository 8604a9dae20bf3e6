import type { Trace } from './trace.js';

let current: Trace | undefined;

/** The recording under way, if any: own operations ask it whether to append a node or to compute. */
export function currentTrace(): Trace | undefined {
  return current;
}

/** Runs `body` with `trace` as the recording under way. */
export function withTrace<T>(trace: Trace, body: () => T): T {
  const before = current;
  current = trace;
  try {
    return body();
  } finally {
    current = before;
  }
}
