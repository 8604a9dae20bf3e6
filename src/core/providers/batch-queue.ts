/**
 * Milliseconds that a batch waits for company: what is asked for in answer to the batch before, after its results were
 * written to a file, is to be in it. Next to the time that a model takes they are nothing.
 */
const GATHERING_TIME = 10;

function gathering(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GATHERING_TIME));
}

/** Something to be computed, for as long as it is wanted. */
interface Waiting<Item, Result> {
  readonly item: Item;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Computes what is asked for at the same time together, one batch after the other.
 *
 * One that is given up leaves the queue, or waits no longer; a batch ends early once all of it is given up.
 */
export class BatchQueue<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private running = false;

  /**
   * @param choose which of the waiting, oldest first, to take next: at least one of them
   * @param compute one result for each item, in order
   */
  constructor(
    private readonly choose: (waiting: readonly Item[]) => readonly Item[],
    private readonly compute: (batch: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>,
  ) {}

  /** Waits for a result; rejects with the signal's reason once it fires. */
  async add(item: Item, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    let giveUp: (() => void) | undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        const entry: Waiting<Item, Result> = { item, signal, resolve, reject };
        giveUp = () => {
          const index = this.waiting.indexOf(entry);
          if (index >= 0) this.waiting.splice(index, 1);
          reject(signal!.reason as Error);
        };
        signal?.addEventListener('abort', giveUp);
        this.waiting.push(entry);
        void this.start();
      });
    } finally {
      if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp);
    }
  }

  private async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    await gathering();
    while (this.waiting.length > 0) {
      const chosen = new Set(this.choose(this.waiting.map(({ item }) => item)));
      const batch = this.waiting.filter(({ item }) => chosen.has(item));
      for (const entry of batch) this.waiting.splice(this.waiting.indexOf(entry), 1);
      await this.run(batch);
      await gathering();
    }
    this.running = false;
  }

  private async run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const stop = new AbortController();
    let wanted = batch.length;
    const oneLess = (): void => {
      if (--wanted === 0) stop.abort();
    };
    for (const { signal } of batch) signal?.addEventListener('abort', oneLess, { once: true });
    try {
      const results = await this.compute(
        batch.map(({ item }) => item),
        stop.signal,
      );
      batch.forEach(({ resolve }, index) => {
        resolve(results[index]!);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      for (const { signal } of batch) signal?.removeEventListener('abort', oneLess);
    }
  }
}
