import { createHash } from 'node:crypto';
import { quoteName } from '../../checkpoints/quote-name.js';
import { listColumns } from '../../dataset-formats/columns.js';
import type { Row } from '../../dataset-formats/row-format.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { didYouMean } from '../../near-matches.js';
import { Bm25Index, wordsOf } from './bm25.js';

/** Turns texts into vectors, one for each; equal lengths, from the same model. */
export type Embed = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** Where the examples come from, and what they must not be. */
export interface ExamplePoolOptions {
  /** Rows to choose among. */
  readonly rows: readonly Row[];
  /** Rows that are measured on: none of them, nor one that says the same, becomes an example. */
  readonly evaluation?: readonly Row[];
  /** Columns that a model is asked about: what makes two rows the same, and what they are compared by. */
  readonly inputColumns: readonly string[];
  /** Column of the label; what `balanced` needs. */
  readonly labelColumn?: string | undefined;
}

/** Rows that examples are chosen from. */
export class ExamplePool {
  readonly rows: readonly Row[];
  /** Rows left out because an evaluation row says the same. */
  readonly fromEvaluation: number;
  /** Rows left out because an earlier row of the pool says the same. */
  readonly repeated: number;
  readonly labelColumn: string | undefined;
  private readonly hashes: readonly string[];
  private readonly inputColumns: readonly string[];
  private index: Bm25Index | undefined;
  private vectors:
    { readonly embed: Embed; readonly made: Promise<readonly ArrayLike<number>[]> } | undefined;

  /** @throws ToolkitError `BAD_DATASET` when a row lacks one of the columns */
  constructor({ rows, evaluation = [], inputColumns, labelColumn }: ExamplePoolOptions) {
    this.inputColumns = inputColumns;
    this.labelColumn = labelColumn;
    const needed = labelColumn === undefined ? inputColumns : [...inputColumns, labelColumn];
    for (const [number, row] of rows.entries())
      assertColumns(row, needed, `row ${number + 1} of the examples`);
    const measured = new Set(evaluation.map((row) => this.hash(row)));
    const kept = new Map<string, Row>();
    let fromEvaluation = 0;
    for (const row of rows) {
      const hash = this.hash(row);
      if (measured.has(hash)) fromEvaluation++;
      else if (!kept.has(hash)) kept.set(hash, row);
    }
    this.rows = [...kept.values()];
    this.hashes = [...kept.keys()];
    this.fromEvaluation = fromEvaluation;
    this.repeated = rows.length - fromEvaluation - kept.size;
  }

  /** Whether a row of the pool asks the same as a given row, but for case, white space and Unicode form. */
  isSame(index: number, hash: string): boolean {
    return this.hashes[index] === hash;
  }

  /** What a row asks, in a form that can be compared. */
  hash(row: Row): string {
    const texts = this.inputColumns.map((column) => normalize(textOf(row, column)));
    return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  }

  /** What a row asks, as one text. */
  text(row: Row): string {
    return this.inputColumns.map((column) => textOf(row, column)).join('\n');
  }

  /** The words of all rows, counted when they are first asked for. */
  get bm25(): Bm25Index {
    return (this.index ??= new Bm25Index(this.rows.map((row) => wordsOf(this.text(row)))));
  }

  /** The vectors of all rows, made once for each `embed`. */
  embeddings(embed: Embed): Promise<readonly ArrayLike<number>[]> {
    if (this.vectors?.embed !== embed) {
      this.vectors = { embed, made: embed(this.rows.map((row) => this.text(row))) };
    }
    return this.vectors.made;
  }
}

function assertColumns(row: Row, columns: readonly string[], what: string): void {
  const missing = columns.find((column) => !Object.hasOwn(row, column));
  if (missing === undefined) return;
  throw new ToolkitError(
    `${what} has no column ${quoteName(missing)}`,
    'BAD_DATASET',
    didYouMean(missing, Object.keys(row)) ?? `Its columns: ${listColumns(row)}.`,
  );
}

function textOf(row: Row, column: string): string {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function normalize(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
