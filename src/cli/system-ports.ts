import process from 'node:process';
import { supportsColor, supportsColorStderr } from 'chalk';
import { nodeFileSystem } from '../platform/file-system.js';
import { nvidiaGraphicsCards } from '../platform/graphics-cards.js';
import { terminalPrompts } from './prompts.js';
import type { Ports, StopReason, TextOutput } from './ports.js';

/** Width assumed of a terminal that does not tell its own. */
const DEFAULT_COLUMNS = 80;

class ProcessOutput implements TextOutput {
  closed = false;

  constructor(
    private readonly stream: Pick<NodeJS.WriteStream, 'on' | 'write' | 'columns'> & {
      readonly isTTY?: boolean;
    },
    private readonly detectedColorLevel: 0 | 1 | 2 | 3,
    onClosed: () => void,
  ) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.closed = true;
      onClosed();
    });
  }

  get isTTY(): boolean {
    return this.stream.isTTY ?? false;
  }

  get columns(): number {
    return this.isTTY ? this.stream.columns || DEFAULT_COLUMNS : Infinity;
  }

  get colorLevel(): 0 | 1 | 2 | 3 {
    // chalk does not know NO_COLOR (https://no-color.org): any value that is not empty means no colour.
    return process.env['NO_COLOR'] ? 0 : this.detectedColorLevel;
  }

  write(text: string): void {
    if (!this.closed) this.stream.write(text);
  }
}

function createSystemPorts(): Ports {
  const listeners = new Set<(reason: StopReason) => void>();
  const stop = (reason: StopReason): void => {
    for (const listener of [...listeners]) listener(reason);
  };
  const interrupt = (): void => {
    stop('interrupt');
  };
  const outputClosed = (): void => {
    stop('output-closed');
  };
  return {
    stdout: new ProcessOutput(process.stdout, supportsColor ? supportsColor.level : 0, outputClosed),
    // Notes that nobody reads are no reason to stop.
    stderr: new ProcessOutput(
      process.stderr,
      supportsColorStderr ? supportsColorStderr.level : 0,
      () => undefined,
    ),
    fileSystem: nodeFileSystem,
    prompts: terminalPrompts,
    graphicsCards: nvidiaGraphicsCards,
    environment: process.env,
    now: () => Date.now(),
    onStop(listener) {
      if (listeners.size === 0) process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        // With no listener left, Ctrl-C ends the process by itself again.
        if (listeners.size === 0) process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      };
    },
    exit: (status) => process.exit(status),
  };
}

let shared: Ports | undefined;

/** The ports of this process; always the same object, since the process has one set of streams and signals. */
export function systemPorts(): Ports {
  shared ??= createSystemPorts();
  return shared;
}
