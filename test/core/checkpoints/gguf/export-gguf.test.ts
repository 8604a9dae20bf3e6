import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel, type Model } from '../../../../src/core/architectures/index.js';
import { loadAdapter } from '../../../../src/core/generation/load-adapter.js';
import { readGgufHeader, type GgufHeader } from '../../../../src/core/checkpoints/gguf-header.js';
import {
  exportLoraGguf,
  type GgufExport,
  type GgufExportSource,
} from '../../../../src/core/checkpoints/gguf/index.js';
import { TOKENIZER_LISTS } from '../../../../src/core/checkpoints/gguf/tokenizer/read-tokenizer.js';
import { loadWeights } from '../../../../src/core/checkpoints/load-weights.js';
import { openModelFolder } from '../../../../src/core/checkpoints/model-folder.js';
import { writeTinyModel } from '../../generation/tiny-model.js';
import { writeAsGguf } from './written-model.js';
import type { ProgressEvent } from '../../../../src/core/progress/progress-event.js';
import { loadTokenizer } from '../../../../src/core/tokenizers/tokenizer.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';

// test/golden/make-gguf-models.py: tiny random models, and what llama.cpp's own converters made of them.
const GOLDEN = fileURLToPath(new URL('../../../golden/gguf-models/', import.meta.url));
const CASES = ['gpt2', 'llama', 'llama-tied', 'mistral', 'qwen2', 'qwen3'] as const;

interface ExpectedFile {
  readonly metadata: Readonly<Record<string, { types: string[]; value: unknown }>>;
  readonly tensors: Readonly<
    Record<string, { type: string; shape: number[]; sha256: string; values?: number[] }>
  >;
}

function golden<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(GOLDEN, ...path), 'utf8')) as T;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-gguf-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function sourceOf(path: string): Promise<GgufExportSource & { model: Model }> {
  const opened = await openModelFolder(nodeFileSystem, path);
  await opened.close();
  const model = readModel(opened.config);
  const weights = await loadWeights(nodeFileSystem, path, model);
  return {
    path,
    model,
    readTensor: (name) => Promise.resolve(weights.get(name)!),
    ...(opened.generationConfig && { generationConfig: opened.generationConfig }),
  };
}

async function write(
  name: string,
  type: string,
  progress: ProgressEvent[] = [],
): Promise<[string, GgufExport]> {
  const out = join(folder, `${name}-${type}.gguf`);
  const expected = golden<Record<string, ExpectedFile>>(name, 'expected.json')['F32']!;
  const title = String(expected.metadata['general.name']!.value);
  const result = await writeAsGguf(join(GOLDEN, name), { type, name: title }, out, (event) => {
    progress.push(event);
  });
  return [out, result];
}

async function readHeader(path: string): Promise<GgufHeader> {
  const file = await nodeFileSystem.open(path);
  const header = await readGgufHeader(file, path, TOKENIZER_LISTS);
  await file.close();
  return header;
}

/** Holds a file against what llama.cpp's converter wrote. */
async function expectSame(path: string, expected: ExpectedFile, added: readonly string[]): Promise<void> {
  const { metadata, tensors, dataOffset } = await readHeader(path);
  // Says of a pair of texts that nothing is put between them, which nobody asks.
  const { 'tokenizer.ggml.add_sep_token': _separator, ...known } = expected.metadata;
  const found = Object.fromEntries(
    [...metadata].map(([key, value]) => [key, typeof value === 'object' ? value.values : value]),
  );
  for (const key of added) if (!(key in known)) delete found[key];
  expect(found).toEqual(Object.fromEntries(Object.entries(known).map(([key, { value }]) => [key, value])));

  expect([...tensors.keys()].sort()).toEqual(Object.keys(expected.tensors).sort());
  const bytes = readFileSync(path);
  for (const [name, { type, shape, sha256, values }] of Object.entries(expected.tensors)) {
    const tensor = tensors.get(name)!;
    expect([name, tensor.type, tensor.shape]).toEqual([name, type, shape]);
    const start = dataOffset + tensor.offset;
    const content = bytes.subarray(start, start + tensor.bytes);
    if (values === undefined) {
      expect([name, createHash('sha256').update(content).digest('hex')]).toEqual([name, sha256]);
    } else {
      // Computed with another program's float32 powers.
      values.forEach((value, index) => expect(content.readFloatLE(4 * index)).toBeCloseTo(value, 5));
    }
  }
}

describe.each(CASES)('%s as GGUF', (name) => {
  const expected = golden<Record<string, ExpectedFile>>(name, 'expected.json');

  it.each(['F32', 'F16'])('is what the converter of llama.cpp writes in %s', async (type) => {
    const progress: ProgressEvent[] = [];
    const [out, { bytes }] = await write(name, type, progress);
    await expectSame(out, expected[type]!, [
      'tokenizer.ggml.add_bos_token',
      'tokenizer.ggml.add_eos_token',
      'tokenizer.ggml.add_space_prefix',
      // These Qwens compose no characters, which published ones do.
      'genai.tokenizer.unicode_form',
    ]);
    expect(statSync(out).size).toBe(bytes);
    expect(progress.at(-1)).toMatchObject({ done: bytes, total: bytes, unit: 'bytes' });
  });

  it('is read back as the model that it was made from', async () => {
    const [out] = await write(name, 'F16');
    const [from, to] = [await sourceOf(join(GOLDEN, name)), await sourceOf(out)];
    // GGUF knows no Mistral, and keeps neither its window nor which kind of default a file states.
    expect({ ...to.model.shape, slidingWindows: [] }).toEqual({ ...from.model.shape, slidingWindows: [] });
    for (const { name: parameter } of from.model.parameters) {
      const [before, after] = [await from.readTensor(parameter), await to.readTensor(parameter)];
      expect(after.shape, parameter).toEqual(before.shape);
      expect(after.data, parameter).toEqual(before.data);
    }
    expect(to.generationConfig).toMatchObject({
      temperature: 0.7,
      top_p: 0.9,
      top_k: 40,
      repetition_penalty: 1.1,
    });
  });
});

describe('the tokenizer of a GGUF file', () => {
  it.each(CASES.filter((name) => name !== 'mistral'))('gives the ids of tokenizers for %s', async (name) => {
    const [out] = await write(name, 'F16');
    const { texts, ids } = golden<{ texts: string[]; ids: number[][] }>(name, 'ids.json');
    const tokenizer = await loadTokenizer(nodeFileSystem, out);
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(ids);
    expect(tokenizer.renderChat([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: false })).toBe(
      'Hi<|end|>',
    );
  });

  it('gives the ids of sentencepiece for Mistral', async () => {
    const [out] = await write('mistral', 'F16');
    const { texts, ids } = golden<{ texts: string[]; ids: number[][] }>('mistral', 'pieces.json');
    const tokenizer = await loadTokenizer(nodeFileSystem, out);
    expect(texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(ids);
    expect(tokenizer.encode('Hello')[0]).toBe(1);
    expect(tokenizer.decode(ids[4]!)).toBe(texts[4]);
  });
});

describe('characters that may be composed', () => {
  it.each([
    ['qwen2', null],
    ['qwen2', { type: 'NFC' }],
    ['llama', null],
    ['llama', { type: 'NFC' }],
  ] as const)('are composed by %s when its normalizer is %j, and only then', async (name, normalizer) => {
    const changed = join(folder, `${name}-${normalizer?.type ?? 'none'}`);
    cpSync(join(GOLDEN, name), changed, { recursive: true });
    const path = join(changed, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...tokenizer, normalizer }));
    const out = `${changed}.gguf`;
    await writeAsGguf(changed, { type: 'F16' }, out);
    // The published files, as tokenizers reads them.
    const [expected, found] = [
      await loadTokenizer(nodeFileSystem, changed),
      await loadTokenizer(nodeFileSystem, out),
    ];
    for (const text of ['cafe\u0301', 'caf\u00e9', 'A\u030angstro\u0308m']) {
      expect(found.encode(text)).toEqual(expected.encode(text));
    }
    const [apart, composed] = ['cafe\u0301', 'caf\u00e9'].map((text) => found.encode(text).join());
    expect(apart === composed).toBe(normalizer !== null);
  });
});

it('names ends of an answer that llama.cpp does not know by their texts', async () => {
  const several = join(folder, 'several-ends');
  cpSync(join(GOLDEN, 'llama'), several, { recursive: true });
  const path = join(several, 'generation_config.json');
  const settings = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
  const { endOfSequenceIds } = await loadTokenizer(nodeFileSystem, several);
  const eos = endOfSequenceIds[0]!;
  writeFileSync(path, JSON.stringify({ ...settings, eos_token_id: [7, eos, 9] }));
  const out = `${several}.gguf`;
  await writeAsGguf(several, { type: 'F16' }, out);
  const { metadata } = await readHeader(out);
  // Keys that `llama_vocab` adds to what ends an answer (src/llama-vocab.cpp).
  const keys = ['eos', 'eot', 'eom'].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`));
  expect(keys).toEqual([eos, 7, 9]);
  const { endOfSequenceIds: again } = await loadTokenizer(nodeFileSystem, out);
  expect(again).toEqual(expect.arrayContaining([eos, 7, 9]));
});

describe('weights whose rows fill no blocks', () => {
  it('are told, as what they are not', async () => {
    // Rows of 16 and 24 values, blocks of 32.
    const narrow = join(folder, 'narrow');
    await writeTinyModel(narrow);
    const { notes } = await writeAsGguf(narrow, { type: 'Q4_K_M' }, join(folder, 'narrow.gguf'));
    expect(notes.join()).toContain('100 % of the weights are not rounded to Q4_K_M');
    const [, wide] = await write('llama', 'Q8_0');
    const [, asked] = await write('gpt2', 'F16');
    expect([...wide.notes, ...asked.notes].join()).not.toContain('not rounded');
  });
});

describe('rotary positions', () => {
  it.each([
    ['llama', { rope_type: 'llama3', factor: 8, low_freq_factor: 128, high_freq_factor: 512 }],
    ['llama-tied', { rope_type: 'linear', factor: 2 }],
    ['qwen2', { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32 }],
  ] as const)('of %s keep their scaling', async (name, scaling) => {
    const [out] = await write(name, 'F16');
    const opened = await openModelFolder(nodeFileSystem, out);
    await opened.close();
    // Llama 3's factors are ratios to a context, 64 here: of 8,192, the context assumed, they are 128 times as large.
    expect(opened.config['rope_scaling']).toMatchObject(scaling);
  });
});

describe('a LoRA adapter as GGUF', () => {
  it('is what the converter of llama.cpp writes', async () => {
    const path = join(GOLDEN, 'llama-lora');
    const { model } = await sourceOf(join(GOLDEN, 'llama'));
    const out = join(folder, 'lora.gguf');
    const adapter = await loadAdapter(nodeFileSystem, path, model);
    await exportLoraGguf(adapter, model, { path, name: 'Llama Lora' }, out, { files: nodeFileSystem });
    await expectSame(out, golden<ExpectedFile>('llama-lora', 'expected.json'), []);
  });
});
