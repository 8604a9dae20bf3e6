import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fineTune } from '../../../src/lifecycle/adapt/fine-tune.js';
import {
  evaluateClassification,
  type ClassificationOptions,
} from '../../../src/lifecycle/evaluate/classification.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { createTestedEngine } from '../../core/engine/contract/tested-engine.js';
import { tinyPorts, writeRows, writeTinyLlama } from '../adapt/tiny-run.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-classification-'));
  model = join(folder, 'base');
  await writeTinyLlama(model);
});
afterAll(() => rmSync(folder, { recursive: true }));

const evaluate = (options: Partial<ClassificationOptions>, signal?: AbortSignal) =>
  evaluateClassification(
    { model, dataset: '', ...options },
    {
      files: nodeFileSystem,
      createEngine: async () => createTestedEngine(),
      onProgress: () => undefined,
      ...(signal && { signal }),
    },
  );
const rowsOf = (completions: readonly string[]) =>
  completions.map((completion, row) => ({ prompt: `Review: number ${row}.\nSentiment:`, completion }));

describe('evaluate classification', () => {
  it('counts the choices of a model that was taught one answer', async () => {
    // Taught that everything is " good": 2 of 5 are, 2 are " bad", 1 is " fine".
    const taught = writeRows(join(folder, 'taught.jsonl'), rowsOf(Array<string>(8).fill(' good')));
    const run = join(folder, 'run');
    await fineTune(
      { model, dataset: taught, out: run, method: 'full', learningRate: 3e-2, epochs: 20, evalFraction: 0 },
      tinyPorts(),
    );
    const dataset = join(folder, 'data');
    writeRows(join(dataset, 'train.jsonl'), rowsOf([' bad', ' good']));
    writeRows(join(dataset, 'test.jsonl'), rowsOf([' bad', ' good', ' fine', ' good', ' bad']));
    const result = await evaluate({ model: run, dataset });
    expect(result).toEqual({
      ...{ model: join(run, 'model'), adapter: null, rows: 5, labels: ['bad', 'fine', 'good'] },
      confusion: [
        [0, 0, 2],
        [0, 0, 1],
        [0, 0, 2],
      ],
      accuracy: 2 / 5,
      // Of good: precision 2/5, recall 1, so 2 · 0.4 / 1.4 = 4/7; the others 0.
      macro_f1: expect.closeTo(4 / 21, 12) as number,
      per_label: [
        { label: 'bad', precision: 0, recall: 0, f1: 0, support: 2 },
        { label: 'fine', precision: 0, recall: 0, f1: 0, support: 1 },
        { label: 'good', precision: 2 / 5, recall: 1, f1: expect.closeTo(4 / 7, 12) as number, support: 2 },
      ],
    });
    expect(await evaluate({ model: run, dataset, split: 'train' })).toMatchObject({
      rows: 2,
      accuracy: 1 / 2,
    });
  });

  it('uses an adapter', async () => {
    const rows = rowsOf([' yes', ' yes', ' yes', ' yes']);
    const taught = writeRows(join(folder, 'adapter-rows.jsonl'), rows);
    const run = join(folder, 'adapter-run');
    await fineTune({ model, dataset: taught, out: run, learningRate: 5e-2, epochs: 30 }, tinyPorts());
    const dataset = writeRows(join(folder, 'asked.jsonl'), rowsOf([' yes', ' no', ' yes', ' yes']));
    const adapter = join(run, 'adapter');
    const result = await evaluate({ adapter, dataset });
    expect(result).toMatchObject({ model, adapter, accuracy: 3 / 4, confusion: [[0, 1], [0, 3]] }); // prettier-ignore
    expect((await evaluate({ model: run, dataset })).confusion).toEqual(result.confusion);
  });

  it.each([
    ['one class', [{ prompt: 'a', completion: ' b' }], 'BAD_DATASET'],
    [
      '51 classes',
      Array.from({ length: 51 }, (_, row) => ({ prompt: 'a', completion: ` ${row}` })),
      'BAD_DATASET',
    ],
    ['texts', [{ text: 'a' }], 'BAD_DATASET'],
    ['a bad row', [{ prompt: 'a', completion: ' b' }, '{'], 'BAD_DATASET'],
    [
      'a prompt beyond the context',
      [
        { prompt: 'a ', completion: ' b' },
        { prompt: 'word '.repeat(60), completion: ' c' },
      ],
      'CONTEXT_OVERFLOW',
    ],
  ])('refuses %s', async (name, rows, code) => {
    const dataset = writeRows(join(folder, `${name}.jsonl`), rows);
    await expect(evaluate({ dataset })).rejects.toMatchObject({ code });
  });

  it('refuses a part that is not there, and stops when told to', async () => {
    const dataset = join(folder, 'no-test');
    writeRows(join(dataset, 'train.jsonl'), rowsOf([' a', ' b']));
    await expect(evaluate({ dataset })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `${dataset}: has no test part`,
    });
    await expect(evaluate({ dataset, split: 'train' }, AbortSignal.abort())).rejects.toThrow(/abort/);
  });
});
