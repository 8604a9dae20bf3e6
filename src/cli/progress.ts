import type { ProgressEvent } from '../core/progress/progress-event.js';
import { formatBytes, formatCount, formatDuration, formatFigure } from './format.js';
import type { TextOutput } from './ports.js';
import { sanitizeForTerminal, truncateToWidth, displayWidth } from './terminal-text.js';

/** Least time between two redraws of the line on a terminal, in milliseconds; the eye needs no more. */
const REDRAW_INTERVAL = 100;
/** Least time between two lines in a log, in milliseconds. */
const LOG_INTERVAL = 5000;

const ERASE_TO_END_OF_LINE = '\u001b[K';

/**
 * Draws progress on one stream: on a terminal one line that is redrawn and fitted to the width, elsewhere a plain
 * line at the start, at the end and every few seconds between.
 */
export class ProgressRenderer {
  private last: ProgressEvent | undefined;
  private stageStart = { time: 0, done: 0 };
  private lastDrawn = -Infinity;
  private lineOpen = false;

  constructor(
    private readonly output: TextOutput,
    private readonly now: () => number,
  ) {}

  /** Takes one event; cheap enough to be called at every step. */
  update(event: ProgressEvent): void {
    const time = this.now();
    const starts = event.stage !== this.last?.stage;
    if (starts) {
      this.finish();
      this.stageStart = { time, done: event.done };
    }
    this.last = event;
    const ends = event.total !== undefined && event.done >= event.total;
    const interval = this.output.isTTY ? REDRAW_INTERVAL : LOG_INTERVAL;
    if (!starts && !ends && time - this.lastDrawn < interval) return;
    this.draw(event, time);
    if (ends) this.finish();
  }

  /** Removes the line from the terminal, so that other text can be written; the next event draws it again. */
  clear(): void {
    if (!this.lineOpen) return;
    this.output.write(`\r${ERASE_TO_END_OF_LINE}`);
    this.lineOpen = false;
    this.lastDrawn = -Infinity;
  }

  /** Ends the stage: its last line stays on the screen. */
  finish(): void {
    if (this.lineOpen) this.output.write('\n');
    this.lineOpen = false;
    this.last = undefined;
    this.lastDrawn = -Infinity;
  }

  private draw(event: ProgressEvent, time: number): void {
    this.lastDrawn = time;
    const segments = this.segments(event, time);
    if (!this.output.isTTY) {
      this.output.write(`${segments.join('  ')}\n`);
      return;
    }
    // The last cell stays free: some terminals wrap as soon as it is written.
    const line = fit(segments, this.output.columns - 1);
    this.output.write(`\r${line}${ERASE_TO_END_OF_LINE}`);
    this.lineOpen = true;
  }

  private segments(event: ProgressEvent, time: number): string[] {
    const quantity = event.unit === 'bytes' ? formatBytes : formatCount;
    const unit = event.unit === 'bytes' ? '' : ` ${event.unit}`;
    const segments = [event.stage];
    if (event.total === undefined) {
      segments.push(`${quantity(event.done)}${unit}`);
    } else {
      const share = event.total > 0 ? Math.min(1, event.done / event.total) : 1;
      segments.push(
        `${Math.floor(share * 100)} %`,
        `${quantity(event.done)}/${quantity(event.total)}${unit}`,
      );
      const timing = this.timing(event.done, event.total, time);
      if (timing !== undefined) segments.push(timing);
    }
    for (const [name, value] of Object.entries(event.fields ?? {})) {
      segments.push(`${name} ${typeof value === 'number' ? formatFigure(value) : value}`);
    }
    return segments.map(sanitizeForTerminal);
  }

  /** Time left at the average speed of this stage, or the time taken once it is done. */
  private timing(done: number, total: number, time: number): string | undefined {
    const elapsed = (time - this.stageStart.time) / 1000;
    if (done >= total) return `in ${formatDuration(elapsed)}`;
    const progressed = done - this.stageStart.done;
    if (progressed <= 0 || elapsed <= 0) return undefined;
    return `ETA ${formatDuration((elapsed / progressed) * (total - done))}`;
  }
}

/** Leaves out the last segments that do not fit, which are the least important. */
function fit(segments: readonly string[], cells: number): string {
  let line = '';
  for (const segment of segments) {
    const longer = line === '' ? segment : `${line}  ${segment}`;
    if (displayWidth(longer) > cells) break;
    line = longer;
  }
  return line === '' ? truncateToWidth(segments[0] ?? '', cells) : line;
}
