import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StateDict, StorageType } from '../../../src/core/checkpoints/checkpoint.js';
import { openSafetensors, writeSafetensors } from '../../../src/core/checkpoints/safetensors.js';
import { readStateDict } from '../../../src/core/checkpoints/tensor-source.js';
import { nodeFileSystem, type FileSystem } from '../../../src/platform/file-system.js';
import { failure, golden, goldenJson, temporaryFolder } from './fixtures.js';

const folder = temporaryFolder();
const STORAGES: [string, StorageType][] = [
  ['f32', 'F32'],
  ['f16', 'F16'],
  ['bf16', 'BF16'],
];

async function readAll(path: string): Promise<StateDict> {
  const file = await openSafetensors(nodeFileSystem, path);
  const state = await readStateDict({ tensors: file.tensors, readTensor: (name) => file.read(name) });
  await file.close();
  return state;
}

/** Bytes of the tensors alone, after the header. */
function dataOf(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
}

describe('reading what safetensors for Python wrote', () => {
  type Expected = Record<string, { shape: number[]; float32_bits: number[] }>;
  const expected: Record<string, Expected> = goldenJson('special-values.json');

  it.each(STORAGES)(
    '%s: names, shapes and every bit, with subnormals, infinities and NaN',
    async (name, dtype) => {
      const path = golden(`${name}.safetensors`);
      const state = await readAll(path);
      const found = Object.fromEntries(
        Array.from(state, ([key, { shape, data }]) => [
          key,
          { shape, float32_bits: [...new Uint32Array(data.buffer, data.byteOffset, data.length)] },
        ]),
      );
      expect(found).toEqual(expected[name]);

      const file = await openSafetensors(nodeFileSystem, path);
      expect(file.metadata).toEqual({ format: 'pt' });
      expect(file.tensors.get('model.layers.10.weight')).toMatchObject({ dtype, shape: [3, 5] });
      await file.close();
    },
  );

  it('lists other element types but does not read them', async () => {
    const file = await openSafetensors(nodeFileSystem, golden('other-types.safetensors'));
    expect(Array.from(file.tensors, ([name, { dtype, bytes }]) => [name, dtype, bytes]).sort()).toEqual([
      ['double', 'F64', 16],
      ['ids', 'I64', 24],
      ['weight', 'F32', 4],
    ]);
    expect((await file.read('weight')).data).toEqual(Float32Array.of(1));
    const error = await failure(file.read('ids'), 'UNSUPPORTED');
    expect(error.message).toMatch(/other-types\.safetensors: tensor "ids" is stored as I64/);
    await failure(file.read('absent'), 'BAD_CHECKPOINT');
    await file.close();
  });

  it('reads values that a file system hands out at an odd address', async () => {
    const shifting: FileSystem = {
      ...nodeFileSystem,
      open: async (path) => {
        const file = await nodeFileSystem.open(path);
        return {
          size: file.size,
          close: () => file.close(),
          read: async (position, length) => {
            const shifted = new Uint8Array(length + 1).subarray(1);
            shifted.set(await file.read(position, length));
            return shifted;
          },
        };
      },
    };
    for (const [name] of STORAGES) {
      const file = await openSafetensors(shifting, golden(`${name}.safetensors`));
      const { data } = await file.read('model.layers.2.weight');
      expect([...new Uint32Array(data.buffer, data.byteOffset, data.length)]).toEqual(
        expected[name]!['model.layers.2.weight']!.float32_bits,
      );
      await file.close();
    }
  });
});

describe('writing', () => {
  it.each(STORAGES)(
    '%s: a Python-written file read and written again is the same file',
    async (name, storage) => {
      const original = golden(`${name}.safetensors`);
      const copy = join(folder, `${name}.safetensors`);
      await writeSafetensors(nodeFileSystem, copy, await readAll(original), storage, { format: 'pt' });
      expect(readFileSync(copy).equals(readFileSync(original))).toBe(true);
    },
  );

  it.each(STORAGES)(
    '%s: float32 values are rounded and laid out as by torch and safetensors',
    async (name, storage) => {
      const state = await readAll(golden('rounded-f32.safetensors'));
      const path = join(folder, `rounded-${name}.safetensors`);
      await writeSafetensors(nodeFileSystem, path, state, storage);
      expect(readFileSync(path).equals(readFileSync(golden(`rounded-${name}.safetensors`)))).toBe(true);
    },
  );

  it('fetches tensors one at a time and writes views of larger arrays', async () => {
    let open = 0;
    const values = Float32Array.of(0, 1, 2, 3, 4, 5);
    const path = join(folder, 'streamed.safetensors');
    await writeSafetensors(
      nodeFileSystem,
      path,
      {
        tensors: new Map([
          ['b', { shape: [2] }],
          ['a', { shape: [3] }],
        ]),
        readTensor: async (name) => {
          expect(++open).toBe(1);
          await Promise.resolve();
          open--;
          return name === 'a'
            ? { shape: [3], data: values.subarray(1, 4) }
            : { shape: [2], data: values.subarray(4) };
        },
      },
      'F32',
    );
    expect(dataOf(path)).toEqual(Buffer.from(Float32Array.of(1, 2, 3, 4, 5).buffer));
  });

  it('keeps the order of names that look like numbers, and writes a scalar and no tensor at all', async () => {
    const path = join(folder, 'names.safetensors');
    const state: StateDict = new Map(
      ['b', '1', '__proto__', '10'].map((name, i) => [name, { shape: [], data: Float32Array.of(i) }]),
    );
    await writeSafetensors(nodeFileSystem, path, state, 'F32');
    expect(await readAll(path)).toEqual(state);
    expect([...(await readAll(path)).keys()]).toEqual(['1', '10', '__proto__', 'b']);

    await writeSafetensors(nodeFileSystem, path, new Map(), 'F32');
    // What `safetensors.torch.save_file({}, path)` writes: length 8, `{}` and six spaces.
    expect(readFileSync(path, 'latin1')).toBe('\x08\0\0\0\0\0\0\0{}      ');
  });

  it('leaves nothing behind when a tensor is not what was announced', async () => {
    const path = join(folder, 'never.safetensors');
    const wrong: StateDict = new Map([['w', { shape: [2, 2], data: new Float32Array(3) }]]);
    const error = await failure(writeSafetensors(nodeFileSystem, path, wrong, 'F32'), 'BAD_CHECKPOINT');
    expect(error.message).toContain('"w"');
    expect(readdirSync(folder).filter((name) => /never|partial/.test(name))).toEqual([]);
    const reserved: StateDict = new Map([['__metadata__', { shape: [0], data: new Float32Array() }]]);
    await failure(writeSafetensors(nodeFileSystem, path, reserved, 'F32'), 'BAD_CHECKPOINT');
  });

  it('does not turn a finite weight into infinity', async () => {
    const path = join(folder, 'overflow.safetensors');
    const write = (value: number, storage: StorageType): Promise<void> => {
      const state: StateDict = new Map([['w', { shape: [2], data: Float32Array.of(Infinity, value) }]]);
      return writeSafetensors(nodeFileSystem, path, state, storage);
    };
    // 65,504 is the largest float16; 65,520 is the first value that rounds to infinity.
    await write(65519, 'F16');
    expect(dataOf(path).readUInt16LE(2)).toBe(0x7bff);
    const error = await failure(write(65520, 'F16'), 'UNSUPPORTED');
    expect(error.message).toMatch(/"w" holds 65520, which is beyond the range of F16/);
    await write(65520, 'BF16');
    await failure(write(-3.4e38, 'BF16'), 'UNSUPPORTED');
  });
});

describe('malformed files', () => {
  const verdicts: Record<string, string> = goldenJson('malformed', 'reference-verdicts.json');

  /** What our message must say about each, beside the file's name. */
  const MESSAGES: Record<string, RegExp> = {
    'too-short': /has 3 bytes/,
    'header-length-2-to-the-60': /1152921504606846976 is above the limit/,
    'header-length-beyond-file': /length 3 does not fit a file of 10 bytes/,
    'header-not-json': /not UTF-8 JSON/,
    'header-not-utf-8': /not UTF-8 JSON/,
    'header-not-an-object': /not a JSON object/,
    truncated: /"a": its data end at byte 16 of 12/,
    'offsets-out-of-range': /"a": its data end at byte 1016 of 16/,
    'offsets-backwards': /"a": .*data_offsets span -16/,
    'offsets-beyond-2-to-the-53': /"a": its data_offsets/,
    overlapping: /"b": its data overlap/,
    hole: /"b": a hole/,
    'trailing-bytes': /1 bytes after the last tensor/,
    'negative-shape': /"a": its shape is not a list of sizes/,
    'fractional-shape': /"a": its shape is not a list of sizes/,
    'overflowing-shape': /"a": shape .* is larger than any file/,
    'span-differs-from-shape': /"a": F32 \[3\] takes 12 bytes, its data_offsets span 16/,
    'unknown-type': /"a": unknown element type "F31"/,
    'type-named-like-an-object-member': /"a": unknown element type "constructor"/,
    'description-not-an-object': /"a": its description/,
    'metadata-not-text': /__metadata__ does not map/,
    'duplicate-name': /the header holds "a" twice/,
  };

  it('has a case for every file', () => {
    expect(Object.keys(MESSAGES).sort()).toEqual(Object.keys(verdicts).sort());
  });

  it.each(Object.entries(MESSAGES))('%s is refused without reading past the file', async (name, message) => {
    // The reference implementation takes the last of two tensors with one name; nothing else is accepted by it.
    expect(verdicts[name]).toMatch(
      name === 'duplicate-name' ? /^accepted/ : /^Error while deserializing header/,
    );

    const path = golden('malformed', `${name}.safetensors`);
    let closed = false;
    const watching: FileSystem = {
      ...nodeFileSystem,
      open: async (opened) => {
        const file = await nodeFileSystem.open(opened);
        return {
          size: file.size,
          read: (position, length) => {
            expect(position + length).toBeLessThanOrEqual(file.size);
            return file.read(position, length);
          },
          close: () => {
            closed = true;
            return file.close();
          },
        };
      },
    };
    const error = await failure(openSafetensors(watching, path), 'BAD_CHECKPOINT');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${name}.safetensors`);
    expect(closed).toBe(true);
  });

  it('recognises a Git LFS pointer', async () => {
    const path = join(folder, 'pointer.safetensors');
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    expect((await failure(openSafetensors(nodeFileSystem, path), 'BAD_CHECKPOINT')).hint).toContain(
      'git lfs pull',
    );
  });
});
