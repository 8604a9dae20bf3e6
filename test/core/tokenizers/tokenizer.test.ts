import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { GOLDEN, goldenRows, KINDS, modelFolder, readGolden } from './fixtures.js';

const load = (folder: string) => loadTokenizer(nodeFileSystem, folder);
const short = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

// The reference is Hugging Face `tokenizers` (Rust), through test/golden/make-tokenizers.py.
describe.each(KINDS)('%s', (kind) => {
  const { vocabularySize, rows } = goldenRows(kind);

  it('encodes every text to the ids of the reference', async () => {
    const tokenizer = await load(join(GOLDEN, kind));
    expect(tokenizer.vocabularySize).toBe(vocabularySize);
    for (const { text, ids, before, after } of rows) {
      if (text === undefined) continue;
      expect(tokenizer.encode(text, { addSpecialTokens: false }), short(text)).toEqual(ids);
      expect(tokenizer.encode(text), short(text)).toEqual([...before, ...ids, ...after]);
    }
  });

  it('decodes texts and random ids to the text of the reference', async () => {
    const tokenizer = await load(join(GOLDEN, kind));
    for (const { ids, decoded, decodedSkipping } of rows) {
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(decodedSkipping);
    }
  });

  it('takes half a surrogate pair for U+FFFD, as it would be in a UTF-8 file', async () => {
    const tokenizer = await load(join(GOLDEN, kind));
    expect(tokenizer.encode('a\ud83db \udc4d')).toEqual(tokenizer.encode('a\ufffdb \ufffd'));
    // The two halves of 👍, and the whole.
    expect(tokenizer.encode('\ud83d\udc4d')).toEqual(tokenizer.encode('👍'));
  });
});

describe('special tokens', () => {
  it('takes the end of sequence from the tokenizer first, then from generation_config.json', async () => {
    const { added_tokens: added } = readGolden<{ added_tokens: { id: number; content: string }[] }>(
      'llama3',
      'tokenizer.json',
    );
    const id = (content: string) => added.find((token) => token.content === content)!.id;
    const folder = modelFolder('llama3', {
      'generation_config.json': { eos_token_id: [id('<|end_of_text|>'), id('<|eot_id|>')] },
      'config.json': { eos_token_id: 3, pad_token_id: 5 },
    });
    const tokenizer = await load(folder);
    expect(tokenizer.endOfSequenceIds).toEqual([id('<|eot_id|>'), id('<|end_of_text|>')]);
    expect(tokenizer.beginOfSequenceId).toBe(id('<|begin_of_text|>'));
    expect(tokenizer.padId).toBe(5);
    expect(tokenizer.tokenText(id('<|eot_id|>'))).toBe('<|eot_id|>');
    expect(tokenizer.tokenText(-1)).toBeUndefined();
    expect(tokenizer.tokenText(tokenizer.vocabularySize)).toBeUndefined();
  });

  it('falls back to config.json and to special_tokens_map.json', async () => {
    const bare = await load(
      modelFolder('gpt2', {
        'tokenizer_config.json': undefined,
        'config.json': { bos_token_id: 7, eos_token_id: 8 },
      }),
    );
    expect([bare.beginOfSequenceId, bare.endOfSequenceIds, bare.padId]).toEqual([7, [8], 8]);
    const mapped = await load(
      modelFolder('llama2', {
        'tokenizer_config.json': {},
        'special_tokens_map.json': { bos_token: { content: '<s>', lstrip: false }, eos_token: '</s>' },
      }),
    );
    // SentencePiece numbers <unk>, <s> and </s> 0, 1 and 2.
    expect([mapped.beginOfSequenceId, mapped.endOfSequenceIds, mapped.padId]).toEqual([1, [2], 2]);
  });

  it('has no begin of sequence where tokenizer_config.json says null (Qwen 2), whatever config.json says', async () => {
    const tokenizer = await load(modelFolder('qwen2', { 'config.json': { bos_token_id: 1 } }));
    expect(tokenizer.beginOfSequenceId).toBeUndefined();
  });

  it('refuses ids that are none', async () => {
    const folder = modelFolder('gpt2', { 'generation_config.json': { eos_token_id: [1, '2'] } });
    await expect(load(folder)).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
  });

  it('gives no text for ids outside the vocabulary, as embeddings have more rows than tokenizers', async () => {
    const tokenizer = await load(join(GOLDEN, 'wordpiece'));
    const [first] = tokenizer.encode('the', { addSpecialTokens: false });
    expect(tokenizer.decode([first!, 10 ** 6, -1])).toBe(tokenizer.decode([first!]));
    expect(tokenizer.decode([])).toBe('');
  });
});

describe('a folder without a usable tokenizer.json', () => {
  it.each([
    ['vocab.json and merges.txt', { 'vocab.json': {}, 'merges.txt': '' }, 'UNSUPPORTED', 'save_pretrained'],
    ['tokenizer.model', { 'tokenizer.model': 'x' }, 'UNSUPPORTED', 'save_pretrained'],
    ['nothing', {}, 'NOT_FOUND', 'layout'],
  ])('that holds %s is told what to do', async (_, files, code, hint) => {
    const error = load(modelFolder('gpt2', { 'tokenizer.json': undefined, ...files }));
    await expect(error).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) as string });
  });

  it.each([
    ['not JSON', '{"model":', 'BAD_CHECKPOINT'],
    ['an array', [], 'BAD_CHECKPOINT'],
    ['no model', {}, 'BAD_CHECKPOINT'],
    ['negative ids', { model: { type: 'BPE', vocab: { a: -1 }, merges: [] } }, 'BAD_CHECKPOINT'],
    ['huge ids', { model: { type: 'BPE', vocab: { a: 2 ** 40 }, merges: [] } }, 'BAD_CHECKPOINT'],
    ['no merges', { model: { type: 'BPE', vocab: { a: 0 } } }, 'BAD_CHECKPOINT'],
    ['an unknown model', { model: { type: 'Quantum', vocab: {} } }, 'UNSUPPORTED'],
    [
      'an unknown normalizer',
      { normalizer: { type: 'Nmt' }, model: { type: 'BPE', vocab: { a: 0 }, merges: [] } },
      'UNSUPPORTED',
    ],
    [
      'an inverted merging split',
      {
        pre_tokenizer: { type: 'Split', pattern: { String: 'x' }, behavior: 'MergedWithNext', invert: true },
        model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
      },
      'UNSUPPORTED',
    ],
    [
      'an added token that matches whole words only',
      {
        added_tokens: [{ id: 1, content: 'word', single_word: true }],
        model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
      },
      'UNSUPPORTED',
    ],
  ])('with %s in it is refused', async (_, content, code) => {
    await expect(load(modelFolder('gpt2', { 'tokenizer.json': content }))).rejects.toMatchObject({ code });
  });
});
