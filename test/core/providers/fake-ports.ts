import type { Clock } from '../../../src/platform/clock.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { ToolkitError } from '../../../src/core/errors/index.js';
import type { ProviderPorts } from '../../../src/core/providers/provider-ports.js';
import { expect } from 'vitest';

/** A clock on which every pause is over at once; pauses of a minute and more, which guard attempts, never end. */
export class FakeClock implements Clock {
  time = 1_700_000_000_000;
  readonly pauses: number[] = [];

  constructor(private readonly guards = 60_000) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (milliseconds >= this.guards) {
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }
    this.pauses.push(milliseconds);
    this.time += milliseconds;
    signal?.throwIfAborted();
  }
}

/** Ports with a real network, but no engine. */
export function networkPorts(environment: Record<string, string> = {}): ProviderPorts {
  return {
    files: nodeFileSystem,
    fetch,
    environment,
    clock: { now: () => performance.now() },
    createEngine: () => expect.fail('the engine was made'),
  };
}

/** The error that an action ends in. */
export async function failure(action: Promise<unknown>): Promise<ToolkitError> {
  const error = await action.then(
    (value) => expect.fail(`no error, but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ToolkitError);
  return error as ToolkitError;
}

/** All that an error could show to anyone. */
export function everythingIn(error: unknown): string {
  const texts: string[] = [];
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    texts.push(String(inner), inner.stack ?? '', JSON.stringify(inner, Object.getOwnPropertyNames(inner)));
  }
  return texts.join('\n');
}
