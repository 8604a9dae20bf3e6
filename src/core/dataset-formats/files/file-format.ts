import type { RandomAccessFile } from '../../../platform/file-system.js';
import type { Row } from '../row-format.js';
import type { Line } from './lines.js';

/** A row of a file, or why there is none at that place. */
export type FileRow = {
  /** The line it begins on, or its place in an array, counted from 1. */
  readonly line: number;
  /** `line` is a place in an array. */
  readonly isInArray?: true;
} & ({ readonly row: Row } | { readonly problem: string; readonly text: string });

/** What a reader may be told about a file. */
export interface FileRowOptions {
  /**
   * Names of the columns of a table (CSV, TSV) that may have been published without a header: they hold where the first
   * line has as many cells and is not these names itself.
   */
  readonly columns?: readonly string[];
}

interface FileKind {
  /** With the dot, in lower case. */
  readonly extensions: readonly string[];
}

/** A kind of file that is text, read from its start. */
export interface TextFileFormat extends FileKind {
  readonly access: 'lines';
  /**
   * The rows in order.
   *
   * @param path for messages
   * @throws ToolkitError `BAD_DATASET` when the file as a whole cannot be read
   */
  rows(lines: AsyncIterable<Line>, path: string, options: FileRowOptions): AsyncIterable<FileRow>;
}

/** A kind of file whose rows are found by an index within it. */
export interface IndexedFileFormat extends FileKind {
  readonly access: 'ranges';
  /**
   * The rows in order.
   *
   * @param path for messages
   * @throws ToolkitError `BAD_DATASET` when the file as a whole cannot be read
   */
  rows(file: RandomAccessFile, path: string): AsyncIterable<FileRow>;
}

/** A kind of file that rows are stored in. */
export type FileFormat = TextFileFormat | IndexedFileFormat;
