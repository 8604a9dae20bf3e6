/** Length of the longest end of `text` that is the beginning of `stop`, and not all of it. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !stop.startsWith(text.slice(-length))) length--;
  return length;
}

/** Lets text through up to the first stop string, however it is cut into pieces; of the stop string nothing is seen. */
export class StopStringFilter {
  private held = '';
  private found = false;

  /** @param stops texts of at least one character */
  constructor(private readonly stops: readonly string[]) {}

  /** Whether a stop string has come; nothing is let through any more. */
  get stopped(): boolean {
    return this.found;
  }

  /** Takes a piece and returns what can be shown by now: what may be the beginning of a stop string is held back. */
  push(piece: string): string {
    if (this.found) return '';
    const text = this.held + piece;
    const starts = this.stops.map((stop) => text.indexOf(stop)).filter((start) => start >= 0);
    this.found = starts.length > 0;
    const shown = this.found
      ? Math.min(...starts)
      : text.length - Math.max(0, ...this.stops.map((stop) => overlap(text, stop)));
    this.held = this.found ? '' : text.slice(shown);
    return text.slice(0, shown);
  }

  /** Returns what is still held back, now that no stop string can come of it. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }
}
