import { describe, expect, it } from 'vitest';
import {
  batchesPerEpoch,
  evaluationBatches,
  joinDocuments,
  pretrainingBatch,
} from '../../../src/core/training/pretraining-data.js';

/** 0, 1, 2, …: a token tells where it is from. */
const stream = (length: number): Int32Array => Int32Array.from({ length }, (_, index) => index);
const rowsOf = (tokens: Int32Array, length: number): number[][] =>
  Array.from({ length: tokens.length / length }, (_, row) => [
    ...tokens.subarray(row * length, (row + 1) * length),
  ]);

it('joins documents, each begun by the separator; an empty one is none', () => {
  expect([...joinDocuments([[5, 6], [], [7]], 1)]).toEqual([1, 5, 6, 1, 7]);
  expect([...joinDocuments([], 1)]).toEqual([]);
});

describe('batches for pre-training', () => {
  const settings = { batchSize: 2, length: 4, seed: 3 };

  it('hold every piece once in an epoch, its targets one token on', () => {
    // 17 tokens are 4 pieces of 4 with the target of the last.
    const text = stream(17);
    expect(batchesPerEpoch(text, settings)).toBe(2);
    const batches = [0, 1].map((step) => pretrainingBatch(text, step, settings));
    const starts = batches.flatMap(({ tokens }) => rowsOf(tokens, 4).map(([first]) => first!));
    expect([...starts].sort((a, b) => a - b)).toEqual([0, 4, 8, 12]);
    for (const { tokens, targets, weights, positions, tokenCount, supervisedCount } of batches) {
      for (const row of rowsOf(tokens, 4)) expect(row).toEqual([0, 1, 2, 3].map((place) => row[0]! + place));
      expect([...targets]).toEqual([...tokens].map((token) => token + 1));
      expect([...weights]).toEqual(Array(8).fill(1));
      expect([...positions]).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
      expect([tokenCount, supervisedCount]).toEqual([8, 8]);
    }
  });

  it('are a function of step and seed alone', () => {
    const text = stream(100);
    const late = pretrainingBatch(text, 30, settings);
    expect(pretrainingBatch(text, 30, settings)).toEqual(late);
    expect(pretrainingBatch(text, 30, { ...settings, seed: 4 }).tokens).not.toEqual(late.tokens);
  });

  it('are cut elsewhere in later epochs, and never run over the end', () => {
    const text = stream(4 * 8 + 1 + 3);
    const perEpoch = batchesPerEpoch(text, settings);
    const offsets = new Set<number>();
    for (let step = 0; step < 10 * perEpoch; step++) {
      const { tokens, targets } = pretrainingBatch(text, step, settings);
      for (const [first] of rowsOf(tokens, 4)) offsets.add(first! % 4);
      expect([...targets]).toEqual([...tokens].map((token) => token + 1));
    }
    expect([...offsets].sort()).toEqual([0, 1, 2, 3]);
  });

  it('repeat pieces where the text has fewer than a batch', () => {
    const text = stream(6);
    expect(batchesPerEpoch(text, settings)).toBe(1);
    const { tokens } = pretrainingBatch(text, 0, settings);
    expect(rowsOf(tokens, 4)).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });

  it('for evaluation run through the text from its start', () => {
    const batches = evaluationBatches(stream(4 * 5 + 2), settings);
    expect(batches.map(({ tokens }) => tokens[0])).toEqual([0, 8]);
    expect(evaluationBatches(stream(4), settings)).toEqual([]);
    expect(evaluationBatches(stream(0), settings)).toEqual([]);
  });
});
