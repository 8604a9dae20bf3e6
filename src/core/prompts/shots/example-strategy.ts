import type { Row } from '../../dataset-formats/row-format.js';
import type { Embed, ExamplePool } from './example-pool.js';

/** What a strategy goes by. */
export interface ExampleRequest {
  readonly pool: ExamplePool;
  /** The row that is asked about. */
  readonly row: Row;
  /** Equal seeds give equal choices. */
  readonly seed: number;
  /** Makes vectors of texts, where the model or provider can. */
  readonly embed?: Embed | undefined;
}

/** A way to choose examples. */
export interface ExampleStrategy {
  /** What the user calls it; also the name of its file. */
  readonly id: string;
  /** Which examples it takes and in which order, in one sentence. */
  readonly description: string;
  /** Every row of the pool by its index, the first to be taken first. */
  rank(request: ExampleRequest): readonly number[] | Promise<readonly number[]>;
}
