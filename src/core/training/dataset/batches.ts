import { ToolkitError } from '../../errors/toolkit-error.js';
import type { Batch } from '../batch.js';
import { Random } from '../random.js';
import { chooseBucketLengths, lengthRounder } from './bucket-lengths.js';
import type { EncodedRow } from './encode-example.js';
import { packRows } from './pack-rows.js';

/** What batches are made of. */
export type BatchRow = Pick<EncodedRow, 'tokenIds' | 'supervised'>;

/** The shape of batches. */
export interface BatchSettings {
  readonly batchSize: number;
  /** Most tokens in a row of a batch. */
  readonly sequenceLength: number;
  /** What fills the places that no row takes; it is neither learnt nor attended to. */
  readonly padId: number;
}

/** How a dataset is cut into batches for training. */
export interface BatchPlanSettings extends BatchSettings {
  /** Several dataset rows share one row of a batch, separated by their segments. */
  readonly packing: boolean;
  readonly seed: number;
}

/** All batches of a training run. */
export interface BatchPlan {
  /** The same for every epoch. */
  readonly batchesPerEpoch: number;
  /** Lengths that batches come in, ascending. */
  readonly lengths: readonly number[];
  /** The batch of that number, counted from 0 over all epochs: a function of it and the seed alone. */
  batch(index: number): Batch;
}

/** A row of a batch: the dataset rows in it, by index; more than one only when packed, none when it is empty. */
type Slot = readonly number[];

/** Slots that are padded to one length. */
interface Bucket {
  readonly length: number;
  readonly slots: readonly Slot[];
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function checkLengths(rows: readonly BatchRow[], sequenceLength: number): number[] {
  if (rows.length === 0) {
    throw new ToolkitError(
      'no row of the dataset can be learnt from',
      'BAD_DATASET',
      'Look at a few rows of it.',
    );
  }
  return rows.map(({ tokenIds: { length } }, row) => {
    if (length >= 1 && length <= sequenceLength) return length;
    throw new RangeError(`row ${row} has ${length} tokens, 1 to ${sequenceLength} are possible`);
  });
}

function bucketRows(rows: readonly BatchRow[], { batchSize, sequenceLength }: BatchSettings): Bucket[] {
  const rowLengths = checkLengths(rows, sequenceLength);
  const lengths = chooseBucketLengths(rowLengths, batchSize, sequenceLength);
  const slots: number[][][] = lengths.map(() => []);
  rowLengths.forEach((rowLength, row) =>
    slots[lengths.findIndex((length) => rowLength <= length)]!.push([row]),
  );
  return lengths.map((length, bucket) => ({ length, slots: slots[bucket]! }));
}

function packedBucket(rows: readonly BatchRow[], { sequenceLength, seed }: BatchPlanSettings): Bucket {
  const rowLengths = checkLengths(rows, sequenceLength);
  const order = new Random(seed).shuffle(indices(rows.length));
  const slots = packRows(rowLengths, sequenceLength, order);
  const fills = slots.map((slot) => slot.reduce((sum, row) => sum + rowLengths[row]!, 0));
  const fullest = fills.reduce((a, b) => Math.max(a, b));
  return { length: lengthRounder(fullest, sequenceLength)(fullest), slots };
}

function makeBatch(
  rows: readonly BatchRow[],
  slots: readonly Slot[],
  length: number,
  settings: BatchSettings,
): Batch {
  const { batchSize, padId } = settings;
  const size = batchSize * length;
  const tokens = new Int32Array(size).fill(padId);
  const targets = new Int32Array(size).fill(padId);
  const weights = new Float32Array(size);
  const positions = new Int32Array(size);
  const segments = new Int32Array(size);
  let tokenCount = 0;
  let supervisedCount = 0;
  slots.forEach((slot, batchRow) => {
    let place = batchRow * length;
    slot.forEach((row, index) => {
      const { tokenIds, supervised } = rows[row]!;
      tokens.set(tokenIds, place);
      targets.set(tokenIds.subarray(1), place);
      for (let position = 0; position < tokenIds.length; position++, place++) {
        positions[place] = position;
        segments[place] = index + 1;
        // The last token has no target: beyond it `supervised` is undefined.
        weights[place] = supervised[position + 1] ?? 0;
        supervisedCount += weights[place]!;
      }
      tokenCount += tokenIds.length;
    });
  });
  return { batchSize, length, tokens, targets, weights, positions, segments, tokenCount, supervisedCount };
}

/** Cuts a bucket into batches; the last may have fewer slots. */
function cut({ length, slots }: Bucket, batchSize: number): Bucket[] {
  return indices(Math.ceil(slots.length / batchSize)).map((batch) => ({
    length,
    slots: slots.slice(batch * batchSize, (batch + 1) * batchSize),
  }));
}

/**
 * Plans the batches of a training run, each dataset row once in an epoch.
 *
 * Without packing, each dataset row takes a row of a batch, padded on the right; batches come in at most four lengths
 * ({@link chooseBucketLengths}), and rows only meet rows of their own length. With packing, rows are packed once
 * ({@link packRows}), and every batch has the length of the fullest bin. Every epoch draws anew which rows (or bins)
 * meet in a batch, and the order of batches. The last batch of each length is filled up with empty rows.
 *
 * @param rows rows with something to learn and no longer than `sequenceLength`: a row that teaches nothing costs time,
 *   and a batch of such rows has no loss. Leave them out before.
 * @throws ToolkitError `BAD_DATASET` without rows
 */
export function planBatches(rows: readonly BatchRow[], settings: BatchPlanSettings): BatchPlan {
  const { batchSize, packing, seed } = settings;
  const buckets = packing ? [packedBucket(rows, settings)] : bucketRows(rows, settings);

  const drawEpoch = (epoch: number): Bucket[] => {
    const random = new Random(seed, epoch);
    const drawn = buckets.map(({ length, slots }) => ({ length, slots: random.shuffle([...slots]) }));
    return random.shuffle(drawn.flatMap((bucket) => cut(bucket, batchSize)));
  };
  // Only spares drawing an epoch anew for each of its batches.
  let latest = { epoch: 0, batches: drawEpoch(0) };
  const batchesPerEpoch = latest.batches.length;

  return {
    batchesPerEpoch,
    lengths: buckets.map(({ length }) => length),
    batch(index) {
      const epoch = Math.floor(index / batchesPerEpoch);
      if (latest.epoch !== epoch) latest = { epoch, batches: drawEpoch(epoch) };
      const { length, slots } = latest.batches[index % batchesPerEpoch]!;
      return makeBatch(rows, slots, length, settings);
    },
  };
}

/**
 * The batches of an evaluation: every row once, nothing shuffled or packed. They come in at most four lengths, the
 * shortest first, with rows in the order of the dataset within each; the last batch of each length is filled up with
 * empty rows.
 *
 * @param rows as for {@link planBatches}; none gives no batches
 */
export function evaluationBatches(rows: readonly BatchRow[], settings: BatchSettings): Batch[] {
  if (rows.length === 0) return [];
  return bucketRows(rows, settings)
    .flatMap((bucket) => cut(bucket, settings.batchSize))
    .map(({ length, slots }) => makeBatch(rows, slots, length, settings));
}
