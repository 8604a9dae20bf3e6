import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import type { StandardInput } from './standard-input.js';

/** How lines are asked for. */
export interface LineInputOptions {
  /** Whether a person types, who gets a prompt and can edit the line; otherwise lines are only read. */
  readonly interactive: boolean;
  readonly prompt: string;
  /** Told to a person who presses Ctrl-C at the prompt; pressed again it ends the input, as Ctrl-D does. */
  readonly interruptHint: string;
}

/** Lines that a person types, or that are piped in. */
export class LineInput {
  private readonly reader: Interface;
  /** Lines that came before they were asked for. */
  private readonly early: string[] = [];
  private waiting: ((line: string | undefined) => void) | undefined;
  private ended = false;
  private wasInterrupted = false;

  constructor(
    input: StandardInput,
    private readonly options: LineInputOptions,
  ) {
    const { interactive, prompt } = options;
    this.reader = createInterface({
      input,
      ...(interactive && { output: process.stdout }),
      terminal: interactive,
      prompt,
    });
    this.reader.on('line', (line) => {
      this.wasInterrupted = false;
      if (this.waiting === undefined) this.early.push(line);
      else this.answer(line);
    });
    this.reader.on('close', () => {
      this.ended = true;
      this.answer(undefined);
    });
    // While it edits lines, the terminal hands Ctrl-C over as a key.
    this.reader.on('SIGINT', () => {
      this.interrupt();
    });
  }

  /** The next line, or `undefined` at the end of the input. */
  next(): Promise<string | undefined> {
    const line = this.early.shift();
    if (line !== undefined || this.ended) return Promise.resolve(line);
    if (this.options.interactive) this.reader.prompt();
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  close(): void {
    this.reader.close();
  }

  private answer(line: string | undefined): void {
    const resolve = this.waiting;
    this.waiting = undefined;
    resolve?.(line);
  }

  private interrupt(): void {
    if (this.waiting === undefined) {
      process.emit('SIGINT');
    } else if (this.wasInterrupted) {
      this.reader.close();
    } else {
      this.wasInterrupted = true;
      process.stdout.write(`\n${this.options.interruptHint}\n`);
      this.reader.prompt();
    }
  }
}
