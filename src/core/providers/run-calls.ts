import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Clock } from '../../platform/clock.js';
import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { Random } from '../training/random.js';
import { canonicalJson } from './canonical-json.js';
import type { CacheSection, CompletionCache } from './completion-cache.js';
import { PatientCaller } from './patient-caller.js';
import { ProviderFault } from './provider-fault.js';
import type { Provider } from './provider.js';

/** How many calls are made. */
export interface RunOptions {
  readonly clock: Clock;
  /** Calls under way at most; default: what is usual for the provider. */
  readonly concurrency?: number | undefined;
  /** Attempts after the first one; default 5. */
  readonly retries?: number | undefined;
  /** Longest time for one attempt, `null` for no limit; default: what is usual for the provider. */
  readonly timeoutSeconds?: number | null | undefined;
  /** Where answers are kept and looked for first. */
  readonly cache?: CompletionCache | undefined;
  /** Spreads pauses; default: a sequence that begins with the time. */
  readonly random?: Random | undefined;
  readonly onProgress?: ProgressListener | undefined;
  /** Stops the calls under way; what was answered before is in the cache. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of one call. */
export interface Answer<Result> {
  readonly result: Result;
  readonly isFromCache: boolean;
}

/** A call that came to nothing, while others went on. */
export interface Failure {
  readonly error: ToolkitError;
}

/** One of the things a provider can do, as it is run many times. */
export interface CallKind<Request, Result> {
  /** Part of the keys of the cache, and the stage that progress names. */
  readonly name: string;
  /** All of a request that may change its result. */
  essence(request: Request): unknown;
  /** Whether two calls with one essence may differ, so that neither may stand in for the other. */
  isDrawn(request: Request): boolean;
  /** What a cached result must be; anything else is asked for again. */
  readonly schema: z.ZodType<Result>;
  call(provider: Provider, request: Request, signal: AbortSignal): Promise<Result>;
}

const DEFAULT_RETRIES = 5;

/** Calls with one answer: equal ones are made once. */
interface Task<Request> {
  readonly key: string;
  readonly request: Request;
  readonly indices: number[];
}

/**
 * Makes many calls, some of them at once: in the cache first, then patiently of the provider. Results are kept as they
 * come, so that a run that was stopped goes on where it was.
 *
 * @returns one answer for each request, in order
 * @throws ToolkitError of the first call that fails, once those under way have ended; the signal's reason
 */
export async function runCalls<Request, Result>(
  kind: CallKind<Request, Result>,
  provider: Provider,
  requests: readonly Request[],
  options: RunOptions,
): Promise<Answer<Result>[]> {
  const run = new Run(kind, provider, requests, options);
  return (await run.all((error) => {
    throw error;
  })) as Answer<Result>[];
}

/**
 * As {@link runCalls}, but a request that is at fault itself, or that the provider keeps failing at, becomes a failure
 * in its place. What concerns all requests, such as a key that is refused, is still thrown.
 */
export async function tryCalls<Request, Result>(
  kind: CallKind<Request, Result>,
  provider: Provider,
  requests: readonly Request[],
  options: RunOptions,
): Promise<(Answer<Result> | Failure)[]> {
  const run = new Run(kind, provider, requests, options);
  return run.all((error) => {
    if (!(error instanceof ToolkitError) || (error instanceof ProviderFault && error.concernsAll))
      throw error;
    return { error };
  });
}

/** A fault of one request alone, with the name of the row that it is of. */
function named(error: unknown, request: unknown): unknown {
  const id = typeof request === 'object' && request !== null && 'id' in request ? request.id : undefined;
  if (!(error instanceof ProviderFault) || error.concernsAll || error.mayPass || typeof id !== 'string')
    return error;
  return new ProviderFault(`${error.message}, to the prompt of ${quoteName(id)}`, error.hint, error);
}

class Run<Request, Result> {
  private readonly outcomes: (Answer<Result> | Failure)[] = [];
  private readonly caller: PatientCaller;
  private readonly counts = { done: 0, 'from cache': 0, failed: 0 };
  /** What goes into the cache: calls do not wait for it, so that those answered together go on together. */
  private readonly writes: Promise<void>[] = [];
  private fatal: { readonly error: unknown } | undefined;

  constructor(
    private readonly kind: CallKind<Request, Result>,
    private readonly provider: Provider,
    private readonly requests: readonly Request[],
    private readonly options: RunOptions,
  ) {
    const { clock, random = new Random(clock.now()), retries = DEFAULT_RETRIES, signal } = options;
    const { timeoutSeconds = provider.usual.timeoutSeconds } = options;
    this.caller = new PatientCaller(provider.id, { retries, timeoutSeconds }, clock, random, signal);
  }

  /** @param onFailure what a failed call leaves; what it throws ends the run */
  async all(onFailure: (error: unknown) => Failure): Promise<(Answer<Result> | Failure)[]> {
    const { provider, options, requests } = this;
    const { signal, cache, concurrency = provider.usual.concurrency } = options;
    signal?.throwIfAborted();
    const isCached = cache !== undefined && provider.isWorthCaching;
    const fingerprint = isCached ? await provider.fingerprint(signal) : '';
    const section = isCached ? await cache.section(fingerprint) : undefined;

    const pending = this.tasks(fingerprint).filter((task) => !this.answerFromCache(task, section));
    if (requests.length > 0) this.report();
    const next = pending.values();
    const work = async (): Promise<void> => {
      // The iterator is shared: each worker takes what is left.
      for (const task of next) {
        try {
          await this.make(task, section, onFailure);
        } catch (error) {
          this.fatal ??= { error };
        }
        if (this.fatal !== undefined) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, pending.length) }, work));
    await Promise.all(this.writes);
    if (this.fatal !== undefined) throw this.fatal.error;
    return this.outcomes;
  }

  /** Calls with equal keys, in the order of the first of them; of drawn ones each has a key of its own. */
  private tasks(fingerprint: string): Task<Request>[] {
    const { kind, requests, provider } = this;
    const tasks = new Map<string, Task<Request>>();
    const occurrences = new Map<string, number>();
    for (const [index, request] of requests.entries()) {
      const essence = canonicalJson({ fingerprint, kind: kind.name, request: kind.essence(request) });
      const occurrence = occurrences.get(essence) ?? 0;
      occurrences.set(essence, occurrence + 1);
      // Recorded rows are told apart by ids, which are no part of the essence.
      const isOnesOwn = kind.isDrawn(request) || !provider.isWorthCaching;
      const digest = createHash('sha256').update(essence).digest('hex');
      const key = isOnesOwn && occurrence > 0 ? `${digest}-${occurrence}` : digest;
      const task = tasks.get(key);
      if (task === undefined) tasks.set(key, { key, request, indices: [index] });
      else task.indices.push(index);
    }
    return [...tasks.values()];
  }

  private answerFromCache(task: Task<Request>, section: CacheSection | undefined): boolean {
    const kept = section?.get(task.key);
    if (kept === undefined) return false;
    const { success, data } = this.kind.schema.safeParse(kept);
    if (!success) return false;
    this.enter(task, { result: data, isFromCache: true });
    this.counts['from cache'] += task.indices.length;
    return true;
  }

  private async make(
    task: Task<Request>,
    section: CacheSection | undefined,
    onFailure: (error: unknown) => Failure,
  ): Promise<void> {
    let result: Result;
    try {
      result = await this.caller.call((signal) => this.kind.call(this.provider, task.request, signal));
    } catch (error) {
      this.options.signal?.throwIfAborted();
      this.enter(task, onFailure(named(error, task.request)));
      this.counts.failed += task.indices.length;
      this.report();
      return;
    }
    const write = section?.put(task.key, result).catch((error: unknown) => {
      this.fatal ??= { error };
    });
    if (write !== undefined) this.writes.push(write);
    this.enter(task, { result, isFromCache: false });
    this.report();
  }

  private enter({ indices }: Task<Request>, outcome: Answer<Result> | Failure): void {
    for (const index of indices) this.outcomes[index] = outcome;
    this.counts.done += indices.length;
  }

  private report(): void {
    const { done, ...others } = this.counts;
    const told = Object.entries({ ...others, retries: this.caller.retried }).filter(([, value]) => value > 0);
    this.options.onProgress?.({
      stage: this.kind.name,
      done,
      total: this.requests.length,
      unit: 'requests',
      fields: Object.fromEntries(told),
    });
  }
}
