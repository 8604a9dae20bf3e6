import type { Batch } from './batch.js';
import { Random } from './random.js';

/** How a stream of text becomes batches. */
export interface PretrainingDataSettings {
  readonly batchSize: number;
  readonly length: number;
  readonly seed: number;
}

/** Joins documents into one stream, each begun by the separator, so that every document starts from a known state. */
export function joinDocuments(documents: Iterable<readonly number[]>, separator: number): Int32Array {
  const parts = [...documents].filter((ids) => ids.length > 0);
  const stream = new Int32Array(parts.reduce((sum, ids) => sum + ids.length + 1, 0));
  let end = 0;
  for (const ids of parts) {
    stream[end++] = separator;
    stream.set(ids, end);
    end += ids.length;
  }
  return stream;
}

/** Number of batches in one pass over a stream; what is left over waits for another epoch's cut. */
export function batchesPerEpoch(stream: Int32Array, { batchSize, length }: PretrainingDataSettings): number {
  return Math.max(1, Math.floor((stream.length - 1) / length / batchSize));
}

/**
 * The batch of one step: pieces of the stream in an order, and from a start, drawn anew for every epoch, so that the
 * cuts between pieces fall elsewhere each time.
 *
 * @param step counts from 0
 */
export function pretrainingBatch(stream: Int32Array, step: number, settings: PretrainingDataSettings): Batch {
  const { batchSize, length, seed } = settings;
  const perEpoch = batchesPerEpoch(stream, settings);
  const epoch = Math.floor(step / perEpoch);
  const random = new Random(seed, epoch);
  const pieces = Math.floor((stream.length - 1) / length);
  const spare = stream.length - 1 - pieces * length;
  const start = epoch === 0 ? 0 : random.integer(spare + 1);
  const order = random.shuffle([...Array(pieces).keys()]);
  const first = (step % perEpoch) * batchSize;
  const chosen = Array.from({ length: batchSize }, (_, row) => order[(first + row) % pieces]!);
  return streamBatch(
    stream,
    chosen.map((piece) => start + piece * length),
    length,
  );
}

/** The stream cut into batches from its start, for evaluation; a last part that fills no row is left out. */
export function evaluationBatches(
  stream: Int32Array,
  { batchSize, length }: PretrainingDataSettings,
): Batch[] {
  const rows = Math.floor((stream.length - 1) / length);
  const batches: Batch[] = [];
  for (let row = 0; row + batchSize <= rows; row += batchSize) {
    const starts = Array.from({ length: batchSize }, (_, index) => (row + index) * length);
    batches.push(streamBatch(stream, starts, length));
  }
  return batches;
}

function streamBatch(stream: Int32Array, starts: readonly number[], length: number): Batch {
  const size = starts.length * length;
  const tokens = new Int32Array(size);
  const targets = new Int32Array(size);
  starts.forEach((start, row) => {
    tokens.set(stream.subarray(start, start + length), row * length);
    targets.set(stream.subarray(start + 1, start + length + 1), row * length);
  });
  return {
    batchSize: starts.length,
    length,
    tokens,
    targets,
    weights: new Float32Array(size).fill(1),
    positions: Int32Array.from({ length: size }, (_, index) => index % length),
    segments: new Int32Array(size).fill(1),
    tokenCount: size,
    supervisedCount: size,
  };
}
