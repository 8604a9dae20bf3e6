import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/core/training/batch.js';
import {
  evaluationBatches,
  planBatches,
  type BatchRow,
} from '../../../../src/core/training/dataset/batches.js';
import { chooseBucketLengths } from '../../../../src/core/training/dataset/bucket-lengths.js';
import { packRows } from '../../../../src/core/training/dataset/pack-rows.js';
import { Random } from '../../../../src/core/training/random.js';

/** No row below has it: it would be the 100th token of row 999. */
const PAD = 99_999;

/** A row whose tokens are told apart from those of all other rows: 100 × row number + position. */
function numberedRow(row: number, length: number, firstSupervised = 1): BatchRow {
  return {
    tokenIds: Int32Array.from({ length }, (_, position) => 100 * row + position),
    supervised: Uint8Array.from({ length }, (_, position) => (position >= firstSupervised ? 1 : 0)),
  };
}

function randomRows(count: number, longest: number, seed: number): BatchRow[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, row) => {
    const length = 2 + random.integer(longest - 1);
    return numberedRow(row, length, 1 + random.integer(length - 1));
  });
}

/**
 * The dataset rows in a batch, in its order, with how many of their tokens are learnt.
 *
 * Checks on the way that padding is padding, that a row's tokens are together in one row of the batch with a segment
 * of their own, and that what is learnt of them is their own next token.
 */
function rowsOf(batch: Batch): { row: number; supervised: number }[] {
  const found: { row: number; supervised: number; batchRow: number; segment: number }[] = [];
  const wrong: number[] = [];
  for (let place = 0; place < batch.tokens.length; place++) {
    const token = batch.tokens[place]!;
    const weight = batch.weights[place]!;
    const segment = batch.segments[place]!;
    if (segment === 0) {
      if (token !== PAD || weight !== 0) wrong.push(place);
      continue;
    }
    const row = Math.floor(token / 100);
    const batchRow = Math.floor(place / batch.length);
    if (token % 100 === 0) {
      const previous = found.at(-1);
      if (segment !== (previous?.batchRow === batchRow ? previous.segment + 1 : 1)) wrong.push(place);
      found.push({ row, supervised: 0, batchRow, segment });
    }
    const current = found.at(-1)!;
    const together = row === current.row && batchRow === current.batchRow && segment === current.segment;
    const inOrder = token % 100 === 0 || batch.tokens[place - 1] === token - 1;
    const learnsNext = weight === 0 || batch.targets[place] === token + 1;
    if (!together || !inOrder || !learnsNext || batch.positions[place] !== token % 100) wrong.push(place);
    current.supervised += weight;
  }
  expect(wrong).toEqual([]);
  return found.map(({ row, supervised }) => ({ row, supervised }));
}

describe('planBatches', () => {
  it('pads rows as worked by hand', () => {
    const rows = [numberedRow(1, 3, 2), numberedRow(2, 2)];
    const plan = planBatches(rows, { batchSize: 3, sequenceLength: 4, padId: PAD, packing: false, seed: 0 });
    expect([plan.batchesPerEpoch, plan.lengths]).toEqual([1, [4]]);
    const batch = plan.batch(0);
    const byFirstToken = [0, 1, 2].sort((a, b) => batch.tokens[4 * a]! - batch.tokens[4 * b]!);
    const rowsOfField = (field: 'tokens' | 'targets' | 'weights' | 'positions' | 'segments'): number[][] =>
      byFirstToken.map((row) => [...batch[field].subarray(4 * row, 4 * row + 4)]);
    expect(rowsOfField('tokens')).toEqual([
      [100, 101, 102, PAD],
      [200, 201, PAD, PAD],
      [PAD, PAD, PAD, PAD],
    ]);
    expect(rowsOfField('targets')).toEqual([
      [101, 102, PAD, PAD],
      [201, PAD, PAD, PAD],
      [PAD, PAD, PAD, PAD],
    ]);
    expect(rowsOfField('weights')).toEqual([
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(rowsOfField('positions')).toEqual([
      [0, 1, 2, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(rowsOfField('segments')).toEqual([
      [1, 1, 1, 0],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect([batch.tokenCount, batch.supervisedCount]).toEqual([5, 2]);
  });

  it('packs rows as worked by hand', () => {
    // 4 + 2 and 3 + 3 fill two bins of 6.
    const rows = [numberedRow(0, 2), numberedRow(1, 3), numberedRow(2, 3), numberedRow(3, 4)];
    const plan = planBatches(rows, { batchSize: 1, sequenceLength: 6, padId: PAD, packing: true, seed: 3 });
    expect([plan.batchesPerEpoch, plan.lengths]).toEqual([2, [6]]);
    const batches = [plan.batch(0), plan.batch(1)];
    const batch = batches.find(({ tokens }) => tokens[0] === 300)!;
    expect([...batch.tokens]).toEqual([300, 301, 302, 303, 0, 1]);
    expect([...batch.targets]).toEqual([301, 302, 303, PAD, 1, PAD]);
    expect([...batch.weights]).toEqual([1, 1, 1, 0, 1, 0]);
    expect([...batch.positions]).toEqual([0, 1, 2, 3, 0, 1]);
    expect([...batch.segments]).toEqual([1, 1, 1, 1, 2, 2]);
    expect([batch.tokenCount, batch.supervisedCount]).toEqual([6, 4]);
  });

  for (const packing of [false, true]) {
    describe(packing ? 'with packing' : 'without packing', () => {
      const rows = randomRows(103, 90, 11);
      const settings = { batchSize: 4, sequenceLength: 96, padId: PAD, packing, seed: 42 };
      const plan = planBatches(rows, settings);
      const epoch = (number: number): Batch[] =>
        Array.from({ length: plan.batchesPerEpoch }, (_, index) =>
          plan.batch(number * plan.batchesPerEpoch + index),
        );

      it('has every row exactly once in each epoch, with all that is supervised, and nothing across rows', () => {
        for (const number of [0, 1, 2]) {
          const batches = epoch(number);
          const found = batches.flatMap(rowsOf).sort((a, b) => a.row - b.row);
          expect(found.map(({ row }) => row)).toEqual(rows.map((_, row) => row));
          expect(found.map(({ supervised }) => supervised)).toEqual(
            rows.map(({ supervised }) => supervised.filter((flag) => flag === 1).length),
          );
          for (const batch of batches) {
            expect(batch.supervisedCount).toBe(batch.weights.reduce((sum, weight) => sum + weight, 0));
            expect(batch.supervisedCount).toBeGreaterThan(0);
            expect(batch.tokenCount).toBe(batch.segments.filter((segment) => segment > 0).length);
            expect(plan.lengths).toContain(batch.length);
          }
        }
      });

      it('makes any batch again without the ones before it', () => {
        const index = 2 * plan.batchesPerEpoch + 3;
        const expected = plan.batch(index);
        plan.batch(0);
        expect(plan.batch(index)).toEqual(expected);
        expect(planBatches(rows, settings).batch(index)).toEqual(expected);
        expect(planBatches(rows, { ...settings, seed: 43 }).batch(index)).not.toEqual(expected);
      });

      it('draws every epoch anew', () => {
        const order = (number: number): number[] =>
          epoch(number)
            .flatMap(rowsOf)
            .map(({ row }) => row);
        expect(order(1)).not.toEqual(order(0));
        expect(order(2)).not.toEqual(order(1));
      });
    });
  }

  it('mixes lengths within an epoch', () => {
    const rows = randomRows(200, 90, 1);
    const plan = planBatches(rows, { batchSize: 4, sequenceLength: 96, padId: PAD, packing: false, seed: 1 });
    const lengths = Array.from({ length: plan.batchesPerEpoch }, (_, index) => plan.batch(index).length);
    const changes = lengths.filter((length, index) => index > 0 && length !== lengths[index - 1]).length;
    // Sorted by length there would be 3 changes.
    expect(plan.lengths.length).toBe(4);
    expect(changes).toBeGreaterThan(10);
  });

  it('refuses an empty dataset and a row that is too long', () => {
    const settings = { batchSize: 1, sequenceLength: 4, padId: PAD, packing: false, seed: 0 };
    expect(() => planBatches([], settings)).toThrow(expect.objectContaining({ code: 'BAD_DATASET' }));
    expect(() => planBatches([numberedRow(0, 5)], settings)).toThrow('row 0 has 5 tokens');
    expect(() => planBatches([numberedRow(0, 5)], { ...settings, packing: true })).toThrow('row 0');
  });
});

describe('chooseBucketLengths', () => {
  /** Positions computed in an epoch when rows go to the shortest length that holds them. */
  function positions(rowLengths: readonly number[], lengths: readonly number[], batchSize: number): number {
    const rowsAt = new Map<number, number>();
    for (const rowLength of rowLengths) {
      const length = lengths.find((candidate) => rowLength <= candidate)!;
      rowsAt.set(length, (rowsAt.get(length) ?? 0) + 1);
    }
    return [...rowsAt].reduce((sum, [length, n]) => sum + Math.ceil(n / batchSize) * batchSize * length, 0);
  }

  it('is as good as the best of all subsets of the possible lengths', () => {
    const random = new Random(3);
    for (let trial = 0; trial < 60; trial++) {
      // Short rows come in multiples of 8, rows of more than 256 tokens in the mean in multiples of 32.
      const [longest, usual, step] = trial % 2 === 0 ? [80, 1, 8] : [352, 280, 32];
      const rowLengths = Array.from({ length: 1 + random.integer(40) }, (_, row) => {
        const shortest = row % 10 === 9 ? 1 : usual;
        return shortest + random.integer(longest - shortest + 1);
      });
      rowLengths.push(longest);
      const batchSize = 1 + random.integer(5);
      const multiples = Array.from({ length: longest / step }, (_, index) => (index + 1) * step);
      let fewest = Infinity;
      for (let bits = 0; bits < 2 ** multiples.length; bits++) {
        const lengths = multiples.filter((_, index) => bits & (1 << index));
        if (lengths.at(-1) !== longest || lengths.length > 4) continue;
        fewest = Math.min(fewest, positions(rowLengths, lengths, batchSize));
      }
      const chosen = chooseBucketLengths(rowLengths, batchSize, 1000);
      expect(chosen.length).toBeLessThanOrEqual(4);
      expect(positions(rowLengths, chosen, batchSize)).toBe(fewest);
    }
  });

  it('keeps to the sequence length where that is no multiple', () => {
    expect(chooseBucketLengths([7, 8, 50], 1, 50)).toEqual([8, 50]);
  });
});

describe('packRows', () => {
  it('puts each row where it leaves least room, the longest first', () => {
    // 7 | 6 | 3 beside 7 | 2 beside 6 | 2 beside 6, 2 | 1 in a bin of its own: 10, 10, 1.
    expect(packRows([2, 1, 7, 3, 2, 6], 10, [0, 1, 2, 3, 4, 5])).toEqual([[2, 3], [5, 0, 4], [1]]);
  });

  it('never overfills a bin and comes close to the fewest bins', () => {
    const random = new Random(8);
    const lengths = Array.from({ length: 2000 }, () => 1 + random.integer(64));
    const bins = packRows(
      lengths,
      128,
      lengths.map((_, row) => row),
    );
    const fills = bins.map((bin) => bin.reduce((sum, row) => sum + lengths[row]!, 0));
    expect(Math.max(...fills)).toBeLessThanOrEqual(128);
    expect(bins.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
    const lowerBound = Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / 128);
    // Small rows fill every gap, so that only the last bin has room.
    expect(bins.length - lowerBound).toBeLessThanOrEqual(1);
  });
});

describe('evaluationBatches', () => {
  it('has every row once, in order within each length', () => {
    const rows = randomRows(50, 90, 5);
    const batches = evaluationBatches(rows, { batchSize: 4, sequenceLength: 96, padId: PAD });
    const found = batches.flatMap((batch) => rowsOf(batch).map(({ row }) => ({ row, length: batch.length })));
    expect(found).toEqual(found.toSorted((a, b) => a.length - b.length || a.row - b.row));
    expect(found.map(({ row }) => row).sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));
    expect(evaluationBatches([], { batchSize: 4, sequenceLength: 96, padId: PAD })).toEqual([]);
  });
});
