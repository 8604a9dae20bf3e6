import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import {
  formatCompressedTensorsConfig,
  type IntegerFormat,
} from '../../../src/core/checkpoints/compressed-tensors-config.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { openModelFolder, writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import {
  openSafetensors,
  writeStoredTensors,
  type StoredTensor,
} from '../../../src/core/checkpoints/safetensors.js';
import { compressedTensors } from '../../../src/core/checkpoints/write-compressed-tensors.js';
import { dequantizeMatrix } from '../../../src/core/quantization/dequantize-matrix.js';
import type { IntegerScheme } from '../../../src/core/quantization/integer-scheme.js';
import { quantizeMatrix } from '../../../src/core/quantization/quantize-matrix.js';
import { nodeFileSystem as files } from '../../../src/platform/file-system.js';
import { GOLDEN, readJson, readTensors } from '../../golden/golden.js';

const FOLDERS = join(GOLDEN, 'compressed-tensors');
const CASES = ['int4', 'int4-zero-points', 'int8', 'int8-dynamic'] as const;

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'genai-compressed-tensors-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

describe.each(CASES)('a folder that compressed-tensors wrote: %s', (name) => {
  const folder = join(FOLDERS, name);

  it('holds the weights that the package decompresses', async () => {
    const expected = await readTensors(join(folder, 'expected.safetensors'));
    const model = readModel(readJson(folder, 'config.json'));
    const weights = await loadWeights(files, folder, model);
    expect([...weights.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [parameter, { shape, data }] of weights) {
      expect(shape, parameter).toEqual(expected.get(parameter)!.shape);
      expect(data, parameter).toEqual(expected.get(parameter)!.data);
    }
  });

  it('gives its matrices as they are stored, in integers', async () => {
    const checkpoint = await openModelFolder(files, folder);
    const module = 'model.layers.0.mlp.down_proj.weight';
    const matrix = await checkpoint.readQuantized!(module);
    expect(matrix).toMatchObject({ outputs: 32, inputs: 64, bits: name.startsWith('int4') ? 4 : 8 });
    expect(dequantizeMatrix(matrix!)).toEqual((await checkpoint.readTensor(module)).data);
    expect(await checkpoint.readQuantized!('model.norm.weight')).toBeUndefined();
    await checkpoint.close();
  });

  it('is presented as the model that it was', async () => {
    const checkpoint = await openModelFolder(files, folder);
    await checkpoint.close();
    expect(checkpoint.config).not.toHaveProperty('quantization_config');
    expect(checkpoint.quantizationConfig).toMatchObject({ quant_method: 'compressed-tensors' });
    expect([...checkpoint.tensors.keys()].filter((tensor) => !/\.(weight|bias)$/.test(tensor))).toEqual([]);
  });
});

/** Integers, scales and zero points of a folder, as bytes by their names. */
async function storedBytes(path: string): Promise<Record<string, [string, string, string]>> {
  const file = await openSafetensors(files, path);
  const parts: Record<string, [string, string, string]> = {};
  for (const [name, { dtype, shape }] of file.tensors) {
    parts[name] = [dtype, shape.join(), Buffer.from(await file.readBytes(name)).toString('hex')];
  }
  await file.close();
  return parts;
}

describe('compressedTensors', () => {
  it.each([
    ['int4', 'pack-quantized', { bits: 4, blockSize: 32, symmetric: true, scaleType: 'BF16' }],
    ['int4-zero-points', 'pack-quantized', { bits: 4, blockSize: 32, symmetric: false, scaleType: 'F16' }],
    ['int8', 'pack-quantized', { bits: 8, blockSize: null, symmetric: false, scaleType: 'F32' }],
    ['int8-dynamic', 'int-quantized', { bits: 8, blockSize: null, symmetric: true, scaleType: 'BF16' }],
  ] satisfies [string, IntegerFormat, IntegerScheme][])(
    'lays the matrices of %s out byte for byte as the package does',
    async (name, format, scheme) => {
      const source = join(FOLDERS, name, 'model.safetensors');
      const expected = await storedBytes(source);
      const checkpoint = await openModelFolder(files, join(FOLDERS, name));
      const modules = Object.keys(expected)
        .filter((tensor) => tensor.endsWith('.weight_scale'))
        .map((tensor) => tensor.slice(0, -'.weight_scale'.length));
      expect(modules.length).toBeGreaterThanOrEqual(7);
      const written = new Map<string, StoredTensor>();
      for (const module of modules) {
        const matrix = await checkpoint.readQuantized!(`${module}.weight`);
        for (const [part, tensor] of compressedTensors(module, matrix!, scheme, format))
          written.set(part, tensor);
      }
      await checkpoint.close();
      const path = join(scratch, `${name}.safetensors`);
      await writeStoredTensors(files, path, written);
      const found = await storedBytes(path);
      const others = Object.keys(expected).filter((tensor) => !(tensor in found));
      expect(others.filter((tensor) => /_proj|scale|zero|shape|packed/.test(tensor))).toEqual([]);
      for (const [part, bytes] of Object.entries(found)) expect(bytes, part).toEqual(expected[part]);
    },
  );

  it('brings back what was quantised, rows and columns of odd sizes too', async () => {
    for (const format of ['pack-quantized', 'int-quantized'] as const) {
      for (const symmetric of [true, false]) {
        const scheme: IntegerScheme = { bits: 8, blockSize: null, symmetric, scaleType: 'F32' };
        const [outputs, inputs] = [5, 37];
        const weights = Float32Array.from({ length: outputs * inputs }, (_, i) => Math.sin(3 * i) + 0.4);
        const matrix = quantizeMatrix(weights, { outputs, inputs }, scheme);
        const folder = join(scratch, `odd-${format}-${symmetric}`);
        const groups = [{ scheme, modules: ['layer'] }];
        await writeModelFolder(files, folder, {
          config: {
            quantization_config: formatCompressedTensorsConfig({
              ...{ format, groups, ignored: [], dynamicActivations: false },
            }),
          },
          state: { stored: compressedTensors('layer', matrix, scheme, format) },
          storage: 'F32',
        });
        const checkpoint = await openModelFolder(files, folder);
        expect(await checkpoint.readQuantized!('layer.weight')).toEqual(matrix);
        await checkpoint.close();
      }
    }
  });
});

it('has groups that are longer than the blocks that ONNX Runtime multiplies, 256 at most, as several of these', async () => {
  const scheme: IntegerScheme = { bits: 4, blockSize: 1024, symmetric: false, scaleType: 'F32' };
  const shape = { outputs: 3, inputs: 2048 };
  const weights = Float32Array.from({ length: 3 * 2048 }, (_, i) => (1 + i / 1e4) * Math.sin(i) + 0.4);
  const matrix = quantizeMatrix(weights, shape, scheme);
  const folder = join(scratch, 'long-groups');
  const format = 'pack-quantized';
  await writeModelFolder(files, folder, {
    config: {
      quantization_config: formatCompressedTensorsConfig({
        ...{ format, groups: [{ scheme, modules: ['layer'] }], ignored: [], dynamicActivations: false },
      }),
    },
    state: { stored: compressedTensors('layer', matrix, scheme, format) },
    storage: 'F32',
  });
  const checkpoint = await openModelFolder(files, folder);
  const read = (await checkpoint.readQuantized!('layer.weight'))!;
  expect(read.blockSize).toBe(256);
  expect(dequantizeMatrix(read)).toEqual(dequantizeMatrix(matrix));
  await checkpoint.close();
});

describe('a quantised folder that is damaged or hostile', () => {
  type Tensors = Map<string, StoredTensor>;
  const MODULE = 'model.layers.0.mlp.up_proj';

  /** Copies a golden folder with its tensors or its configuration changed. */
  async function changed(
    name: (typeof CASES)[number],
    change: (tensors: Tensors, config: Record<string, Record<string, unknown>>) => void,
  ): Promise<string> {
    const folder = mkdtempSync(join(scratch, 'damaged-'));
    await cp(join(FOLDERS, name), folder, { recursive: true });
    const path = join(folder, 'model.safetensors');
    const file = await openSafetensors(files, path);
    const tensors: Tensors = new Map();
    for (const [tensor, { dtype, shape, bytes }] of file.tensors) {
      const data = await file.readBytes(tensor);
      tensors.set(tensor, {
        dtype,
        shape,
        bytes,
        content: () => [data] as unknown as AsyncIterable<Uint8Array>,
      });
    }
    await file.close();
    const config = readJson<Record<string, Record<string, unknown>>>(folder, 'config.json');
    change(tensors, config);
    await writeStoredTensors(files, path, tensors);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  }

  function tensorOf(dtype: StoredTensor['dtype'], shape: number[], data: Uint8Array): StoredTensor {
    return {
      dtype,
      shape,
      bytes: data.length,
      content: () => [data] as unknown as AsyncIterable<Uint8Array>,
    };
  }

  const longs = (...values: bigint[]): Uint8Array => new Uint8Array(new BigInt64Array(values).buffer);

  it.each<[string, (tensors: Tensors) => void, RegExp]>([
    ['no scales', (tensors) => tensors.delete(`${MODULE}.weight_scale`), /weight_scale" is missing/],
    ['no shape', (tensors) => tensors.delete(`${MODULE}.weight_shape`), /weight_shape" is missing/],
    [
      'scales without integers',
      (tensors) => tensors.delete(`${MODULE}.weight_packed`),
      /belongs to no weight in integers/,
    ],
    [
      'a shape of more inputs than there are integers',
      (tensors) => tensors.set(`${MODULE}.weight_shape`, tensorOf('I64', [2], longs(64n, 2n ** 40n))),
      /fits no group of quantization_config/,
    ],
    [
      'a shape of other rows',
      (tensors) => tensors.set(`${MODULE}.weight_shape`, tensorOf('I64', [2], longs(63n, 32n))),
      /says \[63, 32\] of a weight of 64 rows/,
    ],
    [
      'a negative shape',
      (tensors) => tensors.set(`${MODULE}.weight_shape`, tensorOf('I64', [2], longs(64n, -32n))),
      /says \[64, -32\] of a weight of 64 rows/,
    ],
    [
      'a shape that is not two numbers',
      (tensors) => tensors.set(`${MODULE}.weight_shape`, tensorOf('I64', [1], longs(64n))),
      /is not a pair of integers/,
    ],
    [
      'words that are too few',
      (tensors) => tensors.set(`${MODULE}.weight_packed`, tensorOf('I32', [64, 3], new Uint8Array(768))),
      /has shape \[64, 3\] for 32 inputs.*fits no group/,
    ],
    [
      'words that are no matrix',
      (tensors) => tensors.set(`${MODULE}.weight_packed`, tensorOf('I32', [256], new Uint8Array(1024))),
      /not that of a matrix/,
    ],
    [
      'an empty matrix',
      (tensors) => tensors.set(`${MODULE}.weight_packed`, tensorOf('I32', [0, 4], new Uint8Array(0))),
      /not that of a matrix/,
    ],
    [
      'integers that are no words',
      (tensors) => tensors.set(`${MODULE}.weight_packed`, tensorOf('I64', [64, 4], new Uint8Array(2048))),
      /is of I64, not of words of 32 bits/,
    ],
    [
      'scales of another number of groups',
      (tensors) => tensors.set(`${MODULE}.weight_scale`, tensorOf('F16', [64, 2], new Uint8Array(256))),
      /with scales of shape \[64, 2\], which fits no group/,
    ],
    [
      'scales that are integers',
      (tensors) => tensors.set(`${MODULE}.weight_scale`, tensorOf('I8', [64, 1], new Uint8Array(64))),
      /is of I8, not a floating-point type/,
    ],
    [
      'no zero points',
      (tensors) => tensors.delete(`${MODULE}.weight_zero_point`),
      /weight_zero_point" is missing/,
    ],
    [
      'zero points of another shape',
      (tensors) => tensors.set(`${MODULE}.weight_zero_point`, tensorOf('I32', [7, 1], new Uint8Array(28))),
      /is I32 of shape \[7, 1\], which does not fit the weight/,
    ],
    [
      'the weight in floating point beside its integers',
      (tensors) => tensors.set(`${MODULE}.weight`, tensorOf('F32', [64, 32], new Uint8Array(8192))),
      /stands beside the same weight in integers/,
    ],
  ])('is refused: %s', async (_, damage, message) => {
    const folder = await changed('int4-zero-points', damage);
    await expect(openModelFolder(files, folder)).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each<[string, (tensors: Tensors, config: Record<string, Record<string, unknown>>) => void, RegExp]>([
    [
      'floating point of 8 bits',
      (_, config) => {
        const groups = config['quantization_config']!['config_groups'] as Record<string, { weights: object }>;
        Object.assign(groups['group_0']!.weights, { type: 'float', num_bits: 8 });
      },
      /config_groups\.group_0\.weights\.type/,
    ],
    [
      'rotated weights',
      (_, config) => {
        config['quantization_config']!['transform_config'] = { config_groups: { u: { type: 'hadamard' } } };
      },
      /transform_config/,
    ],
    [
      'reordered columns',
      (tensors) => tensors.set(`${MODULE}.weight_g_idx`, tensorOf('I32', [32], new Uint8Array(128))),
      /weight_g_idx" is of a way of quantising that cannot be read/,
    ],
  ])('cannot be read: %s', async (_, change, message) => {
    const folder = await changed('int4', change);
    await expect(openModelFolder(files, folder)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(message) as string,
    });
  });

  it('keeps the old answer for other ways of quantising', async () => {
    const folder = await changed('int4', (_, config) => {
      config['quantization_config']!['quant_method'] = 'gptq';
    });
    const model = readModel(readJson(folder, 'config.json'));
    await expect(loadWeights(files, folder, model)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('needs no more than its parts: what activations are rounded with is passed over', async () => {
    const folder = await changed('int4', (tensors) =>
      tensors.set(`${MODULE}.input_scale`, tensorOf('F32', [1], new Uint8Array(4))),
    );
    const model = readModel(readJson(folder, 'config.json'));
    expect((await loadWeights(files, folder, model)).size).toBe(12);
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toContain('quantization_config');
  });
});
