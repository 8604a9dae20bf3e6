import type { FileSystem } from '../platform/file-system.js';
import type { GraphicsCards } from '../platform/graphics-cards.js';
import type { Prompts } from './prompts.js';

/** One stream of text for the user. */
export interface TextOutput {
  readonly isTTY: boolean;
  /** Cells in a line; `Infinity` where the text goes to a pipe or a file, which wrap nothing. */
  readonly columns: number;
  /** Colours the stream may carry: 0 none, 1 sixteen, 2 256, 3 16 million (as in chalk). */
  readonly colorLevel: 0 | 1 | 2 | 3;
  /** True once the reader has gone away, as in `genai … | head -1`; what is written then is dropped. */
  readonly closed: boolean;
  write(text: string): void;
}

/** Why a command is asked to stop: Ctrl-C (or a termination signal), or nobody reads its output any more. */
export type StopReason = 'interrupt' | 'output-closed';

/** Everything outside the program that a command touches, so that a test can stand in for all of it. */
export interface Ports {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly fileSystem: FileSystem;
  readonly prompts: Prompts;
  readonly graphicsCards: GraphicsCards;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `listener` at every request to stop, instead of ending the process; returns how to unsubscribe. */
  onStop(listener: (reason: StopReason) => void): () => void;
  /** Ends the process at once. */
  exit(status: number): void;
}
