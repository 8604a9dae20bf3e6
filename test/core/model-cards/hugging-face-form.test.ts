/** Held against the `huggingface_hub` package: test/golden/make-model-cards.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  LONGEST_CARD,
  readModelCardText,
  writeModelCardText,
  type HuggingFaceCard,
} from '../../../src/core/model-cards/hugging-face-form.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

const FOLDER = join(GOLDEN, 'model-cards');
const answers = readJson<Record<string, HuggingFaceCard>>(FOLDER, 'model-cards.json');
const textOf = (name: string): string => readFileSync(join(FOLDER, `${name}.md`), 'utf8');

describe.each(Object.keys(answers))('the card %s', (name) => {
  it('is read as huggingface_hub reads it', () => {
    // JSON has no undefined.
    expect(JSON.parse(JSON.stringify(readModelCardText(textOf(name))))).toEqual(answers[name]);
  });

  it('is the same after it was written and read again', () => {
    const card = readModelCardText(textOf(name));
    expect(readModelCardText(writeModelCardText(card))).toEqual(card);
  });
});

it('writes what huggingface_hub has read: the file whose contents stand in the answers', () => {
  expect(answers['ours']).toEqual(answers['full']);
  expect(writeModelCardText(readModelCardText(textOf('full')))).toBe(textOf('ours'));
});

describe('what people write', () => {
  it('may have no front matter', () => {
    const { data, text } = readModelCardText('# A model\n\n---\n\nText.\n');
    expect(data).toMatchObject({ language: [], results: [], others: {} });
    expect(text).toBe('# A model\n\n---\n\nText.\n');
  });

  it('may begin with a byte order mark, and end lines as Windows does', () => {
    const { data, text } = readModelCardText('\ufeff---\r\nlicense: mit\r\nlanguage: no\r\n---\r\nText\r\n');
    expect(data).toMatchObject({ license: 'mit', language: ['no'] });
    expect(text).toBe('Text\r\n');
  });

  it('may have numbers where words are meant, and nothing at all', () => {
    const { data } = readModelCardText('---\ntags: [1, true, a]\ndatasets:\nmodel-index:\n---\n');
    expect(data).toMatchObject({ tags: ['1', 'true', 'a'], datasets: [], results: [] });
  });
});

describe('what cannot be read', () => {
  it.each([
    ['---\nlicense: mit\ntags: [a\n---\n', /^README\.md: line \d: /],
    ['---\na: 1\na: 2\n---\n', /^README\.md: line 3: /],
    ['---\n- a\n---\n', /not a list of fields/],
    ['---\ntags: {a: 1}\n---\n', /^README\.md: tags: /],
    ['---\nmodel-index:\n- results: []\n---\n', /^README\.md: model-index\.0\.name: /],
    ['---\nmodel-index:\n- name: m\n  results:\n  - task: {type: a}\n---\n', /model-index\.0\.results\.0\./],
    [`---\na: ${'['.repeat(100_000)}\n---\n`, /^README\.md: /],
    ['x'.repeat(LONGEST_CARD + 1), /more than any model card/],
    [
      `---\na: &a [${'x,'.repeat(9)}x]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]!}: &${'bcdefghij'[i]!} [${`*${'abcdefghi'[i]!},`.repeat(9)}]`).join('\n')}\n---\n`,
      /cannot be read/,
    ],
  ])('%#: says where', (text, message) => {
    expect(() => readModelCardText(text)).toThrow(
      expect.objectContaining({ code: 'BAD_CHECKPOINT', message: expect.stringMatching(message) }),
    );
  });
});
