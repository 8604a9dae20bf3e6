import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import process from 'node:process';
import type { Case } from './cases.js';
import type { MatrixProduct } from './matrix-products.js';

/**
 * What the runner asks of a participant, one JSON object per line; each is answered by one line before the next is
 * sent. Participants are processes of their own, so that each has its own peak of memory, and only one ever computes.
 */
export type Request =
  | {
      readonly do: 'prepare';
      readonly case: Case;
      readonly threads: number;
      /** Shapes to multiply, for the participant that measures products alone. */
      readonly products: readonly MatrixProduct[];
      /** Lets PyTorch use fused kernels that it does not choose by itself. */
      readonly tuned: boolean;
    }
  /** The participant that multiplies alone goes over its shapes once, whatever the samples. */
  | { readonly do: 'compute'; readonly samples: readonly Sample[] }
  | { readonly do: 'memory' };

/** One training step or one continuation. */
export interface Sample {
  /** Token ids, row-major [batchSize, length], or of the prompt. */
  readonly tokens: readonly number[];
  /** What follows each of them; empty for a prompt. */
  readonly targets: readonly number[];
}

/** How long something took. */
export interface Time {
  readonly milliseconds: number;
  /** Time that all threads of the process together spent computing: other work on the machine hardly changes it. */
  readonly processorMilliseconds: number;
}

/** Answer to `compute`. */
export interface Turn {
  /** By what was timed, e.g. `prefill`: one for each sample or repetition. */
  readonly times: Readonly<Record<string, readonly Time[]>>;
  /** Mean cross-entropy before each training step. */
  readonly losses?: readonly number[];
}

/** Answer to `memory`: the largest resident set of the process, in bytes; `null` where the system does not tell. */
export interface Memory {
  /** Once libraries were loaded, before there was a model. */
  readonly atStart: number | null;
  readonly peak: number | null;
}

/** Starts a clock; the function returned reads it. */
export function startClock(): () => Time {
  const start = performance.now();
  const processor = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(processor); // microseconds
    return { milliseconds: performance.now() - start, processorMilliseconds: (user + system) / 1000 };
  };
}

/** Largest resident set of this process so far, in bytes. */
export function peakMemory(): number {
  const BYTES_PER_KILOBYTE = 1024; // getrusage's unit
  return process.resourceUsage().maxRSS * BYTES_PER_KILOBYTE;
}

/** Answers requests until there are no more. */
export async function serve(answer: (request: Request) => Promise<object>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: object;
    try {
      reply = await answer(JSON.parse(line) as Request);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
