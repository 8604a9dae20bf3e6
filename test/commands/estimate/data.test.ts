import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/cli/terminal-text.js';
import EstimateData from '../../../src/commands/estimate/data.js';
import type { DataEstimate } from '../../../src/lifecycle/estimate/data.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { writeAsGguf } from '../../core/checkpoints/gguf/written-model.js';
import { GOLDEN } from '../../golden/golden.js';

/** A tokenizer whose tokens can be counted by hand: words, split at spaces, all of them unknown but two. */
const WORDS = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordPiece',
    vocab: { '[UNK]': 0, the: 1, cat: 2 },
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
  },
};

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-data-'));
  writeFileSync(at('tokenizer.json'), JSON.stringify(WORDS));
  writeFileSync(at('english.txt'), 'the cat the cat\n');
  writeFileSync(at('german.txt'), 'Größe zählt');
  writeFileSync(at('empty.txt'), '');
  writeFileSync(at('latin1.txt'), Buffer.from([0x47, 0x72, 0xf6, 0xdf, 0x65]));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function estimate(...argv: string[]): Promise<DataEstimate> {
  const { stdout, error } = await runCommand(EstimateData, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as DataEstimate;
}

const failure = async (...argv: string[]): Promise<unknown> => (await runCommand(EstimateData, argv)).error;

describe('genai estimate data', () => {
  it('takes 1 to 3 % of raw text, 4 bytes and ¾ of a word for a token', async () => {
    const { size, words, bytes_per_id, gpt3_kept_share } = await estimate('--tokens', '300B');
    expect(size.curated_bytes.value).toBe(1.2e12);
    expect(size.raw_bytes_least.value).toBeCloseTo(40e12, 0);
    expect(size.raw_bytes_most.value).toBeCloseTo(120e12, 0);
    expect(size.tokenised_bytes_16_bit.value).toBe(600e9);
    expect(words!.value).toBe(225e9);
    expect(bytes_per_id).toBeNull();
    // GPT-3: 570 GB of 45 TB.
    expect(gpt3_kept_share.value).toBeCloseTo(0.01267, 4);
  });

  it('takes a model’s compute-optimal tokens where none are given', async () => {
    const { tokens } = await estimate('70B');
    // Epoch's refit: 72B on 1.33T.
    expect(tokens.value / 1.28e12).toBeCloseTo(1, 1);
    expect((await estimate('70B', '--tokens', '15T')).tokens.value).toBe(15e12);
  });

  it('takes published lengths of a language', async () => {
    const { token_length, bytes_per_id } = await estimate('--tokens', '1B', '--language', 'German');
    // FLORES-200 in German: 307,304 bytes, 112,600 tokens by GPT-2, which has 50,257.
    expect(token_length.bytes_per_token.value).toBeCloseTo(307_304 / 112_600, 12);
    expect(bytes_per_id).toBe(2);
    const other = await estimate('--tokens', '1B', '--language', 'german', '--vocabulary', 'cl100k_base');
    expect(other.token_length.bytes_per_token.value).toBeCloseTo(307_304 / 83_450, 12);
    expect(other.bytes_per_id).toBe(4);
  });

  it.each([['.'], ['tokenizer.json']])('measures samples with the tokenizer in %s', async (path) => {
    const samples = ['--sample', at('english.txt'), '--sample', at('german.txt')];
    const { token_length, bytes_per_id } = await estimate(
      '--tokens',
      '1B',
      '--tokenizer',
      at(path),
      ...samples,
    );
    // By hand: 16 bytes in 4 tokens; 14 bytes (ö, ß, ä take two) in 2.
    expect(token_length.samples).toMatchObject([
      { utf8_bytes: 16, characters: 16, words: 4, tokens: 4, tokens_per_1000_characters: { value: 250 } },
      { utf8_bytes: 14, characters: 11, words: 2, tokens: 2, words_per_token: { value: 1 } },
    ]);
    expect(token_length.bytes_per_token.value).toBe(5);
    expect(bytes_per_id).toBe(2);
  });

  it('measures samples with the tokenizer in a GGUF file', async () => {
    const [folder, file] = [join(GOLDEN, 'gguf-models', 'gpt2'), at('gpt2.gguf')];
    await writeAsGguf(folder, { type: 'F16' }, file);
    const tokensBy = async (path: string): Promise<number[]> => {
      const sample = ['--sample', at('german.txt')];
      const { token_length } = await estimate('--tokens', '1B', '--tokenizer', path, ...sample);
      return token_length.samples.map(({ tokens }) => tokens);
    };
    // The published files of the same tokenizer, as tokenizers reads them.
    expect(await tokensBy(file)).toEqual(await tokensBy(folder));
  });

  it('takes what is given', async () => {
    const { size } = await estimate(
      '--tokens',
      '8B',
      '--epochs',
      '4',
      '--kept',
      '0.5',
      '--bytes-per-token',
      '3',
    );
    expect(size.unique_tokens.value).toBe(2e9);
    expect(size.curated_bytes.value).toBe(6e9);
    expect(size.raw_bytes_least.value).toBe(12e9);
    expect(size.raw_bytes_most.value).toBe(12e9);
  });

  it('shows it in words, within the width', async () => {
    const ports = fakePorts({ columns: 50 });
    const { stdout } = await runCommand(EstimateData, ['7B', '--language', 'hindi', '--explain'], ports);
    expect(stdout).toContain('7.459 times as many tokens');
    expect(stdout).toContain('arXiv 2305.15425');
    for (const line of stdout.split('\n')) {
      if (!line.includes('/')) expect(displayWidth(line)).toBeLessThanOrEqual(50);
    }
    const plain = await runCommand(EstimateData, ['--tokens', '300B']);
    expect(plain.stdout).toMatch(/^raw, scraped +40 TB to 120 TB +curation keeps 1 % to 3 % of it$/m);
  });

  it('writes CSV', async () => {
    const { stdout } = await runCommand(EstimateData, ['--tokens', '300B', '--csv']);
    expect(stdout).toMatch(/^tokens,unique_tokens,bytes_per_token,.*\n300000000000,300000000000,4,/);
  });

  it.each(exampleCommandLines(EstimateData, 'estimate data'))(
    'runs its example: %s %s %s …',
    async (...line) => {
      const { error, stdout } = await runCommand(EstimateData, line.slice(3));
      expect(error).toBeUndefined();
      expect(stdout).not.toBe('');
    },
  );

  it.each([
    [[], 'missing'],
    [['--tokens', '0'], '--tokens'],
    [['--tokens', '1B', '--kept', '0'], '--kept'],
    [['--tokens', '1B', '--kept', '2'], '--kept'],
    [['--tokens', '1B', '--epochs', '0.5'], '--epochs'],
    [['--tokens', '1B', '--bytes-per-token', '-1'], '--bytes-per-token'],
    [['--tokens', '1B', '--language', 'germn'], '--language germn'],
    [['--tokens', '1B', '--language', 'german', '--bytes-per-token', '3'], 'each says how long'],
    [['--tokens', '1B', '--sample', 'x.txt'], 'tokenizer to measure it with is missing'],
    [['--tokens', '1B', '--tokenizer', '.'], 'text to measure with it is missing'],
    [['--tokens', '1B', '--language', 'german', '--vocabulary', 'gpt5'], '--vocabulary'],
  ])('refuses %j', async (argv, message) => {
    expect(await failure(...argv)).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });

  it('tells what is wrong with a sample or a tokenizer', async () => {
    const measure = (tokenizer: string, sample: string): Promise<unknown> =>
      failure('--tokens', '1B', '--tokenizer', at(tokenizer), '--sample', at(sample));
    expect(await measure('.', 'empty.txt')).toMatchObject({ code: 'BAD_DATASET' });
    expect(await measure('.', 'latin1.txt')).toMatchObject({
      code: 'BAD_DATASET',
      message: expect.stringContaining('UTF-8'),
    });
    expect(await measure('.', 'missing.txt')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await measure('english.txt', 'english.txt')).toMatchObject({ code: 'USAGE' });
    expect(await failure('--tokens', '1B', '--language', 'germn')).toMatchObject({
      hint: expect.stringContaining('Did you mean german?'),
    });
  });
});
