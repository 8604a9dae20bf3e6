import { expect, it } from 'vitest';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import type { Example } from '../../../../src/core/dataset-formats/example.js';
import { loadTokenizer } from '../../../../src/core/tokenizers/tokenizer.js';
import { auditDataset } from '../../../../src/core/training/dataset/audit.js';
import { encodeExample, type EncodedRow } from '../../../../src/core/training/dataset/encode-example.js';

const starter = await loadTokenizer(nodeFileSystem, 'templates/starter-model');

function row(length: number, supervised: number, truncated = false): EncodedRow {
  return {
    tokenIds: new Int32Array(length).fill(100),
    supervised: Uint8Array.from({ length }, (_, index) => (index >= length - supervised ? 1 : 0)),
    truncated,
  };
}

it('counts as worked by hand', () => {
  const examples: Example[] = [
    { kind: 'prompt-completion', prompt: 'a', completion: 'b' },
    { kind: 'prompt-completion', prompt: 'a', completion: 'b' },
    { kind: 'prompt-completion', prompt: 'ab', completion: '' },
    { kind: 'text', text: 'ab' },
  ];
  const { sample: _sample, ...counts } = auditDataset(
    examples,
    [row(4, 2), row(4, 2), row(10, 0), row(2, 1, true)],
    starter,
  );
  expect(counts).toEqual({
    rows: 4,
    tokens: 20,
    supervised_tokens: 5,
    supervised_share: 0.25,
    truncated_rows: 1,
    rows_with_nothing_to_learn: 1,
    duplicate_rows: 1,
    token_length: { min: 2, median: 4, p95: 10, max: 10 },
  });
});

it('takes percentiles by nearest rank', () => {
  // Lengths 1 … 100 out of order: the 50th smallest is 50, the 95th 95.
  const rows = Array.from({ length: 100 }, (_, index) => row(((index * 37) % 100) + 1, 0));
  expect(auditDataset([], rows, starter).token_length).toEqual({ min: 1, median: 50, p95: 95, max: 100 });
});

it('shows a row exactly as the model sees it', () => {
  const examples: Example[] = [
    { kind: 'chat', messages: [{ role: 'user', content: 'Hello?' }] },
    {
      kind: 'chat',
      messages: [
        { role: 'user', content: 'Hello?' },
        { role: 'assistant', content: 'Hi – 😀' },
      ],
    },
  ];
  const rows = examples.map((example) =>
    encodeExample(example, starter, { lossOn: 'answer', sequenceLength: 64 }),
  );
  expect(auditDataset(examples, rows, starter).sample).toEqual([
    { text: '<|user|>\nHello?\n<|assistant|>\n', supervised: false },
    { text: 'Hi – 😀<|endoftext|>', supervised: true },
  ]);
});

it('has zeros for nothing', () => {
  expect(auditDataset([], [], starter)).toEqual({
    rows: 0,
    tokens: 0,
    supervised_tokens: 0,
    supervised_share: 0,
    truncated_rows: 0,
    rows_with_nothing_to_learn: 0,
    duplicate_rows: 0,
    token_length: { min: 0, median: 0, p95: 0, max: 0 },
    sample: [],
  });
});
