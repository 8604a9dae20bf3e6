import type { Ports, StopReason, TextOutput } from '../../src/cli/ports.js';
import { nodeFileSystem, type FileSystem } from '../../src/platform/file-system.js';

/** A stream that keeps what is written to it. */
export class CapturedOutput implements TextOutput {
  text = '';
  closed = false;
  readonly colorLevel = 0;

  constructor(
    readonly isTTY: boolean,
    readonly columns: number,
  ) {}

  write(text: string): void {
    this.text += text;
  }
}

export interface FakePorts extends Ports {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** What `now()` answers, in milliseconds; a test moves it. */
  time: number;
  /** Statuses given to `exit()`. */
  readonly exits: number[];
  /** Whether a command listens for requests to stop. */
  readonly stoppable: boolean;
  /** Does what Ctrl-C or a reader that goes away does. */
  stop(reason: StopReason): void;
}

/** Ports whose streams are captured: a pipe, or with `columns` a terminal of that width. */
export function fakePorts(
  options: { columns?: number; environment?: Record<string, string>; fileSystem?: FileSystem } = {},
): FakePorts {
  const isTTY = options.columns !== undefined;
  const columns = options.columns ?? Infinity;
  const listeners = new Set<(reason: StopReason) => void>();
  return {
    stdout: new CapturedOutput(isTTY, columns),
    stderr: new CapturedOutput(isTTY, columns),
    fileSystem: options.fileSystem ?? nodeFileSystem,
    environment: options.environment ?? {},
    time: 0,
    exits: [],
    now() {
      return this.time;
    },
    onStop(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get stoppable() {
      return listeners.size > 0;
    },
    stop(reason) {
      for (const listener of [...listeners]) listener(reason);
    },
    exit(status) {
      this.exits.push(status);
    },
  };
}
