import type { Clock } from '../../platform/clock.js';
import type { Random } from '../training/random.js';
import { ProviderFault } from './provider-fault.js';

/** How patient to be. */
export interface Patience {
  /** Attempts after the first one. */
  readonly retries: number;
  /** Longest time for one attempt; `null` for no limit. */
  readonly timeoutSeconds: number | null;
}

/** Pause before the second attempt, in seconds; it doubles with each further one. */
const FIRST_PAUSE_SECONDS = 0.5;
/** No pause of our own choice is longer. */
const LONGEST_PAUSE_SECONDS = 60;
/** Longest pause that a service may ask for; beyond it the user is told instead. */
const LONGEST_WISH_SECONDS = 300;

/**
 * Calls a provider until it answers, or nothing suggests that another attempt would help. A pause that a service asks
 * for holds for all calls.
 */
export class PatientCaller {
  /** Attempts beyond the first ones so far. */
  retried = 0;
  /** Milliseconds since 1970 before which the service is left in peace. */
  private quietUntil = 0;

  constructor(
    private readonly providerId: string,
    private readonly patience: Patience,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** @throws what the last attempt threw; the signal's reason once it fires */
  async call<T>(attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let failures = 0; ;) {
      await this.keepQuiet();
      try {
        return await this.inTime(attempt);
      } catch (error) {
        this.signal?.throwIfAborted();
        if (!(error instanceof ProviderFault) || !error.mayPass || failures === this.patience.retries)
          throw error;
        const { retryAfterSeconds: wish = 0 } = error;
        if (wish > LONGEST_WISH_SECONDS) throw tooLongPause(error, wish);
        if (wish > 0) this.quietUntil = Math.max(this.quietUntil, this.clock.now() + wish * 1000);
        const pause = Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** failures);
        // Half of it by chance, so that calls that failed together do not come back together.
        await this.clock.sleep(1000 * (wish + pause * (0.5 + this.random.uniform() / 2)), this.signal);
        failures++;
        this.retried++;
      }
    }
  }

  private async keepQuiet(): Promise<void> {
    this.signal?.throwIfAborted();
    for (;;) {
      const rest = this.quietUntil - this.clock.now();
      if (rest <= 0) return;
      await this.clock.sleep(rest, this.signal);
    }
  }

  private async inTime<T>(attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutSeconds } = this.patience;
    const done = new AbortController();
    const late = new AbortController();
    if (timeoutSeconds !== null) {
      this.clock.sleep(timeoutSeconds * 1000, done.signal).then(
        () => late.abort(timeoutFault(this.providerId, timeoutSeconds)),
        () => undefined, // answered in time
      );
    }
    const signal = this.signal === undefined ? late.signal : AbortSignal.any([this.signal, late.signal]);
    try {
      // Also one that does not listen to the signal is waited for no longer.
      return await Promise.race([attempt(signal), rejectionOf(signal, done.signal)]);
    } finally {
      done.abort();
    }
  }
}

/** Rejects with the signal's reason once it fires, unless `done` fires before. */
function rejectionOf(signal: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: done });
  });
}

function timeoutFault(providerId: string, seconds: number): ProviderFault {
  return new ProviderFault(
    `${providerId} did not answer within ${seconds} s`,
    'Ask for fewer new tokens or fewer answers at once, or allow more time.',
    { mayPass: true, concernsAll: false },
  );
}

function tooLongPause({ message }: ProviderFault, seconds: number): ProviderFault {
  return new ProviderFault(
    `${message}, and wants a pause of ${Math.ceil(seconds)} s`,
    'Run again after that; what has been answered is not asked again where it is kept in a cache.',
    { mayPass: false, concernsAll: true },
  );
}
