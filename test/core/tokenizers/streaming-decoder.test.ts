import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StreamingDecoder } from '../../../src/core/tokenizers/streaming-decoder.js';
import { loadTokenizer, type Tokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { GOLDEN, goldenRows, KINDS } from './fixtures.js';

const BYTE_FALLBACK = ['gemma', 'llama2', 'llama2-first', 'metaspace-split'];
const load = (kind: string): Promise<Tokenizer> => loadTokenizer(nodeFileSystem, join(GOLDEN, kind));

function stream(decoder: StreamingDecoder, ids: readonly number[]): string[] {
  return [...ids.map((id) => decoder.push(id)), decoder.end()];
}

// Expected texts: what the Rust reference decodes the whole sequence to (test/golden/make-tokenizers.py).
describe.each(KINDS)('%s, token by token', (kind) => {
  const { rows } = goldenRows(kind);
  // With byte fallback, broken bytes spoil the whole run they end, part of which was given out already.
  const comparable = rows.filter(
    ({ decoded }) => !(BYTE_FALLBACK.includes(kind) && decoded.includes('\ufffd')),
  );

  it('gives the text of the whole, with and without special tokens', async () => {
    const tokenizer = await load(kind);
    for (const { ids, decoded, decodedSkipping } of comparable) {
      expect(stream(new StreamingDecoder(tokenizer, [], { skipSpecialTokens: false }), ids).join('')).toBe(
        decoded,
      );
      expect(stream(new StreamingDecoder(tokenizer), ids).join('')).toBe(decodedSkipping);
    }
  });

  it('continues a prompt where it ends', async () => {
    const tokenizer = await load(kind);
    for (const { ids, text, decodedSkipping } of comparable) {
      if (text === undefined || ids.length < 4 || decodedSkipping.includes('\ufffd')) continue;
      const cut = Math.floor(ids.length / 2);
      const prompt = tokenizer.decode(ids.slice(0, cut), { skipSpecialTokens: true });
      // Prompts end at the end of a text, so never inside a character.
      if (prompt.includes('\ufffd')) continue;
      const answer = stream(new StreamingDecoder(tokenizer, ids.slice(0, cut)), ids.slice(cut)).join('');
      expect(prompt + answer).toBe(decodedSkipping);
    }
  });
});

describe('StreamingDecoder', () => {
  it.each(['gpt2', 'llama2'])('holds a character back until it is complete (%s)', async (kind) => {
    const tokenizer = await load(kind);
    // 🦜 (F0 9F A6 9C) is not in the training text: its bytes are spread over several tokens.
    const ids = tokenizer.encode('x🦜y', { addSpecialTokens: false });
    const pieces = stream(new StreamingDecoder(tokenizer), ids);
    expect(pieces.filter((piece) => piece !== '')).toEqual(['x', '🦜', 'y']);
    expect(pieces.findIndex((piece) => piece === '🦜')).toBeGreaterThan(2);
  });

  it('keeps the space of the first piece after a prompt, and drops it at the start of a text', async () => {
    const tokenizer = await load('llama2');
    const ids = tokenizer.encode('the fox', { addSpecialTokens: false });
    expect(tokenizer.tokenText(ids[0]!)!.startsWith('▁')).toBe(true);
    expect(stream(new StreamingDecoder(tokenizer), ids).join('')).toBe('the fox');
    expect(stream(new StreamingDecoder(tokenizer, tokenizer.encode('See')), ids).join('')).toBe(' the fox');
  });

  it('gives bytes that never become a character as U+FFFD at the end', async () => {
    const tokenizer = await load('gpt2');
    const [first] = tokenizer.encode('🦜', { addSpecialTokens: false });
    const decoder = new StreamingDecoder(tokenizer);
    expect(decoder.push(first!)).toBe('');
    expect(decoder.end()).toBe('\ufffd');
  });
});
