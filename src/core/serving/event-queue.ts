/**
 * Events from a producer that does not wait, for one consumer that does. A consumer that leaves the loop early says so
 * to the producer.
 */
export class EventQueue<Event> implements AsyncIterable<Event> {
  private readonly events: Event[] = [];
  private ended = false;
  private error: Error | undefined;
  private wake: (() => void) | undefined;

  /** @param onLeave called once if the consumer goes before the end */
  constructor(private readonly onLeave: () => void) {}

  push(event: Event): void {
    if (this.ended) return;
    this.events.push(event);
    this.wake?.();
  }

  /** Nothing comes any more. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** Ends with an error, thrown to the consumer at once: what it has not taken yet is dropped. */
  fail(error: Error): void {
    if (this.ended) return;
    this.events.length = 0;
    this.error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    try {
      for (;;) {
        const event = this.events.shift();
        if (event !== undefined) yield event;
        else if (this.ended) break;
        else {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        }
      }
    } finally {
      if (!this.ended) {
        this.ended = true;
        this.onLeave();
      }
    }
    if (this.error !== undefined) throw this.error;
  }
}
