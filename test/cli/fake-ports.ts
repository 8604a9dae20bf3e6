import type { Prompts } from '../../src/cli/prompts.js';
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

/** Prompts that get these answers in turn; without any, nobody is there to be asked. */
export function fakePrompts(answers?: readonly unknown[]): Prompts & { readonly questions: string[] } {
  const rest = [...(answers ?? [])];
  const questions: string[] = [];
  const next = async (message: string): Promise<never> => {
    questions.push(message);
    if (rest.length === 0) throw new Error(`nobody answers: ${message}`);
    return rest.shift() as never;
  };
  return {
    interactive: answers !== undefined,
    questions,
    choose: async (message, choices) => {
      const answer: unknown = await next(message);
      const chosen = choices.find(({ name, value }) => name === answer || value === answer);
      if (chosen === undefined) throw new Error(`${message}: no choice ${String(answer)}`);
      return chosen.value;
    },
    chooseSeveral: (message) => next(message),
    text: async (message, question) => {
      const answer: string = await next(message);
      const problem = question?.problem?.(answer);
      if (problem !== undefined) throw new Error(`${message}: ${problem}`);
      return answer;
    },
    confirm: (message) => next(message),
  };
}

/** Ports whose streams are captured: a pipe, or with `columns` a terminal of that width. */
export function fakePorts(
  options: {
    columns?: number;
    environment?: Record<string, string>;
    fileSystem?: FileSystem;
    answers?: readonly unknown[];
  } = {},
): FakePorts {
  const isTTY = options.columns !== undefined;
  const columns = options.columns ?? Infinity;
  const listeners = new Set<(reason: StopReason) => void>();
  return {
    stdout: new CapturedOutput(isTTY, columns),
    stderr: new CapturedOutput(isTTY, columns),
    fileSystem: options.fileSystem ?? nodeFileSystem,
    prompts: fakePrompts(options.answers),
    graphicsCards: { list: async () => [] },
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
