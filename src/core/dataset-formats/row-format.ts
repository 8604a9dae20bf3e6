import type { Example } from './example.js';

/** A dataset row: column names and values as the file holds them. */
export type Row = Readonly<Record<string, unknown>>;

/** Why a row cannot be learnt from, as a phrase that follows the row's place. */
export interface RowFault {
  readonly problem: string;
}

/** A way in which published datasets lay out their rows. */
export interface RowFormat {
  /** What the user calls it; also the name of its file. */
  readonly id: string;
  /** Its columns, in one sentence. */
  readonly description: string;
  /** A row that can be read. */
  readonly example: Row;
  /** Whether the row has this format's columns, whatever is in them. */
  detect(row: Row): boolean;
  parse(row: Row): Example | RowFault;
}
