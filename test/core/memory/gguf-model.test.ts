import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  readGgufHeader,
  type GgufHeader,
  type GgufValue,
} from '../../../src/core/checkpoints/gguf-header.js';
import { ggufMemoryModel } from '../../../src/core/memory/gguf-model.js';
import { GGUF_TYPES, type GgufTypeName } from '../../../src/core/memory/gguf-types.js';
import { inferenceMemory } from '../../../src/core/memory/inference-memory.js';
import { memoryFile } from '../checkpoints/gguf-file.js';

/** A header as a reader would have given it. */
function header(
  architecture: string,
  settings: Readonly<Record<string, GgufValue>>,
  tensors: Readonly<Record<string, readonly [GgufTypeName, ...number[]]>>,
): GgufHeader {
  return {
    version: 3,
    dataOffset: 0,
    metadata: new Map<string, GgufValue>([
      ['general.architecture', architecture],
      ...Object.entries(settings).map(([key, value]) => [`${architecture}.${key}`, value] as const),
    ]),
    tensors: new Map(
      Object.entries(tensors).map(([name, [type, ...shape]]) => {
        const elements = shape.reduce((product, size) => product * size, 1);
        const { blockElements, blockBytes } = GGUF_TYPES[type];
        return [name, { type, shape, elements, offset: 0, bytes: (elements / blockElements) * blockBytes }];
      }),
    ),
  };
}

const settings = {
  ...{ block_count: 12, embedding_length: 64, context_length: 1000, feed_forward_length: 96 },
  ...{ 'attention.head_count': 8, 'attention.head_count_kv': 2 },
};
const embedding = { 'token_embd.weight': ['F16', 64, 100] as const };

describe('the model in a GGUF file', () => {
  it('has the shape and the bytes that test/golden/make-gguf.py gave it', async () => {
    const file = memoryFile(
      new Uint8Array(readFileSync(new URL('../../golden/gguf/tiny.gguf', import.meta.url))),
    );
    const model = ggufMemoryModel('tiny.gguf', [await readGgufHeader(file, 'tiny.gguf')]);
    expect(model.shape).toEqual({
      ...{ kind: 'decoder', layers: 1, encoderLayers: 0, hidden: 256, heads: 4, kvHeads: 2 },
      ...{ headDimension: 8, valueDimension: 8, cacheWidth: 32, feedForward: 32, feedForwardMatrices: 3 },
      ...{ vocabulary: 12, contextLength: 128, slidingWindows: [undefined], tiedEmbeddings: true },
    });
    const matrices = 12 * 256 + 2 * 32 * 256 + 2 * 16 * 256 + 3 * 32 * 256;
    expect(model.parameters).toBe(matrices + 3 * 256);
    // Blocks of each type by their bytes: embedding, norms, queries, keys, values, output, gate, up, down.
    const q6 = 12 * 210;
    const others = 32 * 144 + 16 * 136 + 16 * 176 + 256 * 18 + 32 * 84 + 32 * 50 + 256 * 17;
    expect(model.weightBytes).toBe(q6 + others + 2 * 256 * 4 + 256 * 2);
    expect(model.bytesByType.get('Q6_K')).toBe(q6);
    expect([...model.bytesByType.keys()].slice(0, 2).sort()).toEqual(['Q4_0', 'Q4_K']);
    expect(model.linearLayers.map(({ module }) => module)).toHaveLength(7);
    const [weights] = inferenceMemory(model, {
      ...{ dtype: 'Q4_K_M', batch: 1, context: 8, weightBytes: model.weightBytes },
    }).parts;
    expect(weights?.bytes).toBe(model.weightBytes);
  });

  it('lets windows slide where llama.cpp does: five of six layers of Gemma 3', () => {
    const gemma = { ...settings, 'attention.sliding_window': 1024 };
    const { slidingWindows } = ggufMemoryModel('a', [header('gemma3', gemma, embedding)]).shape;
    expect(slidingWindows.filter((window) => window === undefined)).toHaveLength(2);
    expect([slidingWindows[5], slidingWindows[11]]).toEqual([undefined, undefined]);
    // A file of Mistral 7B v0.1 names a window, but llama.cpp keeps all tokens.
    const llama = ggufMemoryModel('a', [header('llama', gemma, embedding)]);
    expect(llama.shape.slidingWindows.every((window) => window === undefined)).toBe(true);
    const values = [true, false, true];
    const listed = { ...gemma, block_count: 3, 'attention.sliding_window_pattern': { length: 3, values } };
    expect(ggufMemoryModel('a', [header('new', listed, embedding)]).shape.slidingWindows).toEqual([
      ...[1024, undefined, 1024],
    ]);
  });

  it('knows which parameters a token passes, and the dense layers before experts', () => {
    const moe = {
      ...settings,
      ...{ expert_count: 8, expert_used_count: 2, expert_feed_forward_length: 32 },
      ...{ expert_shared_count: 1, leading_dense_block_count: 3 },
    };
    const tensors = { ...embedding, 'blk.4.ffn_gate_exps.weight': ['Q8_0', 64, 32, 8] as const };
    const model = ggufMemoryModel('a', [header('deepseek2', moe, tensors)]);
    expect(model.shape.experts).toEqual({
      ...{ count: 8, perToken: 2, feedForward: 32, layers: 9, sharedFeedForward: 32 },
    });
    expect(model.activeParameters).toBe(6400 + 2 * 64 * 32);
    expect(model.linearLayers).toMatchObject([{ count: 8 }]);
  });

  it('keeps the latent and one rotary key where attention is latent', () => {
    const latent = {
      ...settings,
      ...{ 'attention.head_count_kv': 1, 'attention.kv_lora_rank': 512, 'rope.dimension_count': 64 },
      ...{ 'attention.key_length': 576, 'attention.key_length_mla': 192, 'attention.value_length_mla': 128 },
    };
    const { shape } = ggufMemoryModel('a', [header('deepseek2', latent, embedding)]);
    expect(shape).toMatchObject({ cacheWidth: 576, kvHeads: 8, headDimension: 192, valueDimension: 128 });
  });

  it('tells encoders from decoders, and layers that attend from those that do not', () => {
    const bert = ggufMemoryModel('a', [
      header('bert', { ...settings, 'attention.causal': false }, embedding),
    ]);
    expect(bert.shape).toMatchObject({ kind: 'encoder', cacheWidth: 0 });
    const blocks = {
      'enc.blk.0.attn_q.weight': ['F16', 64, 64],
      'dec.blk.0.attn_q.weight': ['F16', 64, 64],
    } as const;
    const t5 = ggufMemoryModel('a', [header('t5', settings, { ...embedding, ...blocks })]);
    expect(t5.shape).toMatchObject({ kind: 'encoder-decoder', layers: 12, encoderLayers: 12 });
    expect(t5.linearLayers).toHaveLength(2);
    const heads = { length: 3, values: [0, 2, 0] };
    const hybrid = { ...settings, block_count: 3, 'attention.head_count_kv': heads };
    expect(ggufMemoryModel('a', [header('jamba', hybrid, embedding)]).shape).toMatchObject({
      ...{ kvHeads: 2, slidingWindows: [undefined] },
    });
  });

  it('says what a file lacks', () => {
    const lacking = { ...settings, block_count: 0, embedding_length: 'many' };
    expect(() => ggufMemoryModel('a.gguf', [header('llama', lacking, {})])).toThrow(
      'a.gguf: as a "llama" model it lacks llama.block_count, llama.embedding_length, the tensor token_embd.weight',
    );
    expect(() => ggufMemoryModel('a.gguf', [{ ...header('', {}, {}), metadata: new Map() }])).toThrow(
      'name no general.architecture',
    );
    const endless = { ...settings, block_count: 2 ** 30 };
    expect(() => ggufMemoryModel('a.gguf', [header('llama', endless, embedding)])).toThrow(
      'beyond any model',
    );
    const part = header('llama', settings, embedding);
    const metadata = new Map([...part.metadata, ['split.count', 3] as const]);
    expect(() => ggufMemoryModel('a.gguf', [{ ...part, metadata }])).toThrow('one of 3 files');
  });
});
