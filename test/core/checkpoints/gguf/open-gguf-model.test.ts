import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockCodec } from '../../../../src/core/checkpoints/gguf/blocks/index.js';
import { float32, text, uint32, type GgufEntry } from '../../../../src/core/checkpoints/gguf/metadata.js';
import {
  ggufFileTypes,
  writeGguf,
  type GgufTensorContent,
} from '../../../../src/core/checkpoints/gguf/index.js';
import { loadWeights } from '../../../../src/core/checkpoints/load-weights.js';
import { openModelFolder } from '../../../../src/core/checkpoints/model-folder.js';
import { readModel } from '../../../../src/core/architectures/index.js';
import { filesThatCount } from '../../../../src/core/project/fingerprint.js';
import { dequantizeMatrix } from '../../../../src/core/quantization/dequantize-matrix.js';
import { loadTokenizer } from '../../../../src/core/tokenizers/tokenizer.js';
import { nodeFileSystem, type FileSystem } from '../../../../src/platform/file-system.js';
import { failure } from '../fixtures.js';
import { writeAsGguf } from './written-model.js';

const GOLDEN = fileURLToPath(new URL('../../../golden/gguf-models/', import.meta.url));
const STARTER = fileURLToPath(new URL('../../../../templates/starter-model', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-open-gguf-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ONES = 32;

function tensor(name: string, shape: readonly number[]): GgufTensorContent {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1);
  return {
    name,
    shape,
    type: 'F32',
    async *content() {
      yield new Uint8Array(values.buffer);
    },
  };
}

/** A LLaMA of one layer, as its file would be without the entries and tensors named. */
async function writeParts(name: string, change: (entries: Map<string, GgufEntry>) => void, missing?: string) {
  const entries = new Map<string, GgufEntry>([
    ['general.architecture', text('llama')],
    ['llama.block_count', uint32(1)],
    ['llama.context_length', uint32(16)],
    ['llama.embedding_length', uint32(ONES)],
    ['llama.feed_forward_length', uint32(ONES)],
    ['llama.attention.head_count', uint32(2)],
    ['llama.attention.layer_norm_rms_epsilon', float32(1e-5)],
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text('gpt-2')],
    ['tokenizer.ggml.tokens', { type: 'list of strings', value: ['a', 'b', '__proto__'] }],
    ['tokenizer.ggml.merges', { type: 'list of strings', value: [] }],
  ]);
  change(entries);
  const square = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
  const tensors = [
    tensor('token_embd.weight', [ONES, 3]),
    tensor('output_norm.weight', [ONES]),
    ...['attn_norm', 'ffn_norm'].map((module) => tensor(`blk.0.${module}.weight`, [ONES])),
    ...square.map((module) => tensor(`blk.0.${module}.weight`, [ONES, ONES])),
  ].filter((candidate) => candidate.name !== missing);
  const path = join(folder, `${name}.gguf`);
  await writeGguf(path, entries, tensors, { files: nodeFileSystem });
  return path;
}

describe('a GGUF file that is no model for this toolkit', () => {
  const open = (path: string) => openModelFolder(nodeFileSystem, path);

  it.each([
    [
      'another architecture',
      'general.architecture',
      text('mamba'),
      'UNSUPPORTED',
      /"mamba" are not supported/,
    ],
    [
      'no architecture',
      'general.architecture',
      undefined,
      'BAD_CHECKPOINT',
      /do not say "general.architecture"/,
    ],
    ['an adapter', 'general.type', text('adapter'), 'USAGE', /of the type "adapter", a model is needed/],
    [
      'no number of layers',
      'llama.block_count',
      undefined,
      'BAD_CHECKPOINT',
      /do not say "llama.block_count"/,
    ],
    [
      'a text for a number',
      'llama.block_count',
      text('two'),
      'BAD_CHECKPOINT',
      /"llama.block_count" is not a size/,
    ],
    ['more layers than any', 'llama.block_count', uint32(2 ** 31), 'BAD_CHECKPOINT', /num_hidden_layers/],
    [
      'heads that do not divide',
      'llama.attention.head_count',
      uint32(5),
      'BAD_CHECKPOINT',
      /5 does not divide the hidden size/,
    ],
    ['no heads', 'llama.attention.head_count', uint32(0), 'BAD_CHECKPOINT', /num_attention_heads: Too small/],
    [
      'part of the width rotated',
      'llama.rope.dimension_count',
      uint32(8),
      'UNSUPPORTED',
      /rotary positions over 8/,
    ],
    ['experts', 'llama.expert_count', uint32(8), 'UNSUPPORTED', /mixture of experts/],
    [
      'an unknown scaling',
      'llama.rope.scaling.type',
      text('longrope'),
      'UNSUPPORTED',
      /"longrope" is not supported/,
    ],
  ] as const)('with %s says so', async (name, key, entry, code, message) => {
    const path = await writeParts(name, (entries) => {
      if (entry === undefined) entries.delete(key);
      else entries.set(key, entry);
    });
    const error = await failure(open(path), code);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(path)).toBe(true);
  });

  it('lists the architectures that are read', async () => {
    const path = await writeParts('listed', (entries) => entries.set('general.architecture', text('rwkv')));
    expect((await failure(open(path), 'UNSUPPORTED')).hint).toBe('Supported: gpt2, llama, qwen2, qwen3.');
  });

  it('names the tensors that are missing', async () => {
    const path = await writeParts('incomplete', () => undefined, 'blk.0.ffn_up.weight');
    const opened = await open(path);
    await opened.close();
    const error = await failure(
      loadWeights(nodeFileSystem, path, readModel(opened.config)),
      'BAD_CHECKPOINT',
    );
    expect(error.message).toContain('"model.layers.0.mlp.up_proj.weight" is missing');
  });

  it.each([
    ['another kind of tokenizer', 'tokenizer.ggml.model', text('bert'), 'UNSUPPORTED', /of the kind "bert"/],
    ['another way to cut', 'tokenizer.ggml.pre', text('kimi-k2'), 'UNSUPPORTED', /cuts texts by "kimi-k2"/],
    ['no tokens', 'tokenizer.ggml.tokens', undefined, 'BAD_CHECKPOINT', /holds no tokenizer/],
    [
      'a merge of one',
      'tokenizer.ggml.merges',
      { type: 'list of strings', value: ['ab'] },
      'BAD_CHECKPOINT',
      /the merge "ab", which is no pair/,
    ],
    [
      'types that are too few',
      'tokenizer.ggml.token_type',
      { type: 'list of int32', value: [1] },
      'BAD_CHECKPOINT',
      /3 tokens and 1 types/,
    ],
  ] as const)('with %s in its tokenizer says so', async (name, key, entry, code, message) => {
    const path = await writeParts(name, (entries) => {
      if (entry === undefined) entries.delete(key);
      else entries.set(key, entry);
    });
    expect((await failure(loadTokenizer(nodeFileSystem, path), code)).message).toMatch(message);
  });

  it('is read where a token has the name of what every object has', async () => {
    const path = await writeParts('prototype', () => undefined);
    const tokenizer = await loadTokenizer(nodeFileSystem, path);
    expect([0, 1, 2].map((id) => tokenizer.tokenText(id))).toEqual(['a', 'b', '__proto__']);
  });
});

describe('a split model', () => {
  it('is opened by any of its parts, and counts with all of them', async () => {
    const whole = join(folder, 'whole.gguf');
    await writeAsGguf(join(GOLDEN, 'qwen2'), { type: 'F16' }, whole);
    const source = await openModelFolder(nodeFileSystem, whole);
    const parts = [1, 2].map((part) => join(folder, `model-0000${part}-of-00002.gguf`));
    const ownTensors = [...source.tensors.keys()];
    await source.close();
    // The first part has all tensors; the second is a file of none, as a part may be.
    copyFileSync(whole, parts[0]!);
    await writeGguf(parts[1]!, new Map([['split.no', uint32(1)]]), [], { files: nodeFileSystem });
    const opened = await openModelFolder(nodeFileSystem, parts[1]!);
    await opened.close();
    expect([...opened.tensors.keys()]).toEqual(ownTensors);
    expect(await filesThatCount(nodeFileSystem, parts[1]!)).toEqual(parts);

    rmSync(parts[0]!);
    const error = await failure(openModelFolder(nodeFileSystem, parts[1]!), 'NOT_FOUND');
    expect(error.message).toContain('model-00001-of-00002.gguf');
  });
});

describe('quantised matrices', () => {
  it('are the dequantised ones, with rows in the published order', async () => {
    const path = join(folder, 'llama-Q8_0.gguf');
    await writeAsGguf(join(GOLDEN, 'llama'), { type: 'Q8_0' }, path);
    const opened = await openModelFolder(nodeFileSystem, path);
    for (const name of ['q_proj', 'k_proj', 'o_proj']) {
      const parameter = `model.layers.1.self_attn.${name}.weight`;
      const whole = await opened.readTensor(parameter);
      const matrix = (await opened.readQuantized!(parameter))!;
      expect([matrix.outputs, matrix.inputs]).toEqual(whole.shape);
      dequantizeMatrix(matrix).forEach((value, index) => expect(value).toBeCloseTo(whole.data[index]!, 6));
    }
    expect(await opened.readQuantized!('model.norm.weight')).toBeUndefined();
    await opened.close();
  });
});

describe('types of a file', () => {
  it('are those that llama-quantize chooses, with fallbacks where rows fill no blocks', async () => {
    const path = join(folder, 'starter-Q4_K_M.gguf');
    const { elementsByType } = await writeAsGguf(STARTER, { type: 'Q4_K_M' }, path);
    // By hand from llama.cpp's rules. 6 layers of width 256, inner width 704, which is no multiple of 256: layers 2 and 5
    // are lifted, and with a last eighth that starts at 7 · 6 / 8 = 5 no other. Tied embedding as output: Q6_K.
    const attention = 256 * 256 * 2 + 256 * 128; // queries, output and keys of a layer
    const value = 256 * 128;
    const narrow = 256 * 704; // each of the three matrices of the feed-forward network
    expect(elementsByType).toEqual({
      Q4_K: 6 * (attention + 2 * narrow) + 4 * value,
      Q6_K: 4096 * 256 + 2 * value,
      Q5_0: 4 * narrow,
      Q8_0: 2 * narrow,
      F32: 13 * 256,
    });
    // Half the error of a step of its blocks, and all finite.
    const weights = await loadWeights(nodeFileSystem, path, await modelOf(STARTER));
    const original = await loadWeights(nodeFileSystem, STARTER, await modelOf(STARTER));
    for (const [name, { data }] of weights) {
      const before = original.get(name)!.data;
      const range = before.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(data.every((x, index) => Math.abs(x - before[index]!) < 0.1 * range)).toBe(true);
    }
  });

  it('can all be written', () => {
    expect(ggufFileTypes()).toEqual(
      expect.arrayContaining(['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_K_M', 'Q5_K_S']),
    );
    expect(blockCodec('F16').blockBytes).toBe(2);
  });
});

async function modelOf(path: string) {
  const opened = await openModelFolder(nodeFileSystem, path);
  await opened.close();
  return readModel(opened.config);
}

describe('a model that cannot be written', () => {
  /** A copy of the starter model with other files. */
  function changed(name: string, files: Record<string, (old: Record<string, unknown>) => unknown>): string {
    const copy = join(folder, name);
    mkdirSync(copy);
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
      copyFileSync(join(STARTER, file), join(copy, file));
    }
    for (const [file, change] of Object.entries(files)) {
      const path = join(copy, file);
      const old = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      writeFileSync(path, JSON.stringify(change(old)));
    }
    return copy;
  }

  it.each([
    [
      'a way to cut texts of its own',
      'tokenizer.json',
      { pre_tokenizer: { type: 'WhitespaceSplit' } },
      /how the tokenizer cuts texts .* llama\.cpp would split text differently/,
    ],
    ['texts in lower case', 'tokenizer.json', { normalizer: { type: 'Lowercase' } }, /normalises texts/],
    ['an activation', 'config.json', { hidden_act: 'gelu' }, /hidden_act is "gelu"/],
  ] as const)('because of %s is refused before anything is written', async (name, file, change, message) => {
    const path = changed(name, { [file]: (old) => ({ ...old, ...change }) });
    const out = join(folder, `${name}.gguf`);
    expect((await failure(writeAsGguf(path, { type: 'F16' }, out), 'UNSUPPORTED')).message).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  it('because the type is none lists those that are', async () => {
    const error = await failure(writeAsGguf(STARTER, { type: 'Q9_K' }, join(folder, 'none.gguf')), 'USAGE');
    expect(error.hint).toContain('Q4_K_M');
  });

  it('because the disk is too small says how much is needed', async () => {
    const files: FileSystem = { ...nodeFileSystem, freeBytes: () => Promise.resolve(100) };
    const out = join(folder, 'large.gguf');
    const error = await failure(
      writeGguf(out, new Map(), [tensor('a', [ONES])], { files }),
      'OUT_OF_RESOURCES',
    );
    // 24 bytes of header, 37 of the tensor's description, up to a multiple of 32; then 32 numbers of 4 bytes.
    expect(error.message).toBe(`${out}: needs 192 bytes, and the disk has 100 free`);
    expect(await nodeFileSystem.freeBytes!(join(folder, 'not', 'there'))).toBeGreaterThan(0);
  });
});
