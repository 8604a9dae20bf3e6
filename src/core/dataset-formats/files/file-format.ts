import type { Row } from '../row-format.js';
import type { Line } from './lines.js';

/** A row of a file, or why there is none at that place. */
export type FileRow = {
  /** The line it begins on, or its place in an array, counted from 1. */
  readonly line: number;
  /** `line` is a place in an array. */
  readonly isInArray?: true;
} & ({ readonly row: Row } | { readonly problem: string; readonly text: string });

/** A kind of file that rows are stored in. */
export interface FileFormat {
  /** With the dot, in lower case. */
  readonly extensions: readonly string[];
  /**
   * The rows in order.
   *
   * @param path for messages
   * @throws ToolkitError `BAD_DATASET` when the file as a whole cannot be read
   */
  rows(lines: AsyncIterable<Line>, path: string): AsyncIterable<FileRow>;
}
