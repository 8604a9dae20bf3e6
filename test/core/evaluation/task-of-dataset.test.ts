import { describe, expect, it } from 'vitest';
import { taskOfDataset } from '../../../src/core/evaluation/task-of-dataset.js';

const OPTIONS = {
  ...{ name: 'rows', path: 'rows.jsonl', metrics: ['accuracy'], areLabelsGenerated: false },
} as const;

describe('a task of a dataset alone', () => {
  it('tells a file without rows from one with columns that nobody knows', () => {
    expect(() => taskOfDataset({ ...OPTIONS, rows: [] })).toThrow(
      expect.objectContaining({ code: 'BAD_DATASET', message: 'rows.jsonl: has no rows to measure on' }),
    );
    expect(() => taskOfDataset({ ...OPTIONS, rows: [{ colour: 'red' }] })).toThrow(
      expect.objectContaining({ code: 'BAD_DATASET', message: expect.stringContaining('no known format') }),
    );
  });
});
