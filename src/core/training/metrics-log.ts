import type { FileSystem } from '../../platform/file-system.js';

/** One line of `metrics.jsonl`: a training step or an evaluation. */
export type MetricsLine =
  | {
      readonly step: number;
      /** Mean cross-entropy per supervised token, in nats. */
      readonly loss: number;
      readonly learning_rate: number;
      readonly grad_norm: number;
      /** Tokens processed so far, padding left out. */
      readonly tokens: number;
      readonly tokens_per_second: number;
      /** Time spent training so far. */
      readonly seconds: number;
    }
  | { readonly step: number; readonly eval_loss: number; readonly perplexity: number };

/** Milliseconds between appends to the file: losing a second of lines costs nothing, since resuming repeats them. */
const FLUSH_INTERVAL = 1000;
/** Steps whose mean is reported as the training loss: one step's loss says more about its batch. */
const RECENT_STEPS = 20;

/** The metrics of a run, in memory and in its file. */
export class MetricsLog {
  private pending: string[] = [];
  private flushedAt = 0;

  private constructor(
    private readonly files: FileSystem,
    private readonly path: string,
    private readonly all: MetricsLine[],
  ) {}

  /** Opens the file of a run that stands at `step`; lines of later steps, which will be repeated, are dropped. */
  static async open(files: FileSystem, path: string, step: number): Promise<MetricsLog> {
    const kept: MetricsLine[] = [];
    if ((await files.stat(path)) !== undefined) {
      for (const text of (await files.readText(path)).split('\n')) {
        const line = parseLine(text);
        if (line !== undefined && line.step <= step) kept.push(line);
      }
    }
    await files.writeAtomic(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new MetricsLog(files, path, kept);
  }

  /** Every line so far. */
  get lines(): readonly MetricsLine[] {
    return this.all;
  }

  /** Step of the newest evaluation. */
  get lastEvaluatedStep(): number | undefined {
    return this.all.findLast((line) => 'eval_loss' in line)?.step;
  }

  /** Mean training loss of the latest steps. */
  recentTrainLoss(): number {
    const losses = this.all.flatMap((line) => ('loss' in line ? [line.loss] : [])).slice(-RECENT_STEPS);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  add(line: MetricsLine): void {
    this.all.push(line);
    this.pending.push(`${JSON.stringify(line)}\n`);
  }

  /** @param now milliseconds */
  shouldFlush(now: number): boolean {
    if (now - this.flushedAt < FLUSH_INTERVAL) return false;
    this.flushedAt = now;
    return true;
  }

  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const text = this.pending.join('');
    this.pending = [];
    await this.files.append(this.path, text);
  }
}

/** A line that was cut off when the process died is no line. */
function parseLine(text: string): MetricsLine | undefined {
  try {
    const value = JSON.parse(text) as MetricsLine;
    return typeof value.step === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}
