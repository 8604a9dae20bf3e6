import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readGgufHeader, type GgufHeader } from '../../../src/core/checkpoints/gguf-header.js';
import { GgufBytes, memoryFile } from './gguf-file.js';

const F32 = 0;
const Q4_K = 12;

function read(bytes: Uint8Array, held?: ReadonlySet<string>): Promise<GgufHeader> {
  return readGgufHeader(memoryFile(bytes), 'model.gguf', held);
}

describe('the header of a GGUF file', () => {
  // test/golden/make-gguf.py: what the `gguf` package wrote, and read again.
  const folder = new URL('../../golden/gguf/', import.meta.url);
  const golden = JSON.parse(readFileSync(new URL('tiny.json', folder), 'utf8')) as {
    metadata: Record<string, unknown>;
    tensors: Record<string, unknown>;
    data_offset: number;
  };

  it('is what the gguf package says', async () => {
    const bytes = readFileSync(new URL('tiny.gguf', folder));
    const header = await read(new Uint8Array(bytes), new Set(['tokenizer.ggml.tokens']));
    const metadata = [...header.metadata].map(([key, value]) => [
      key,
      typeof value === 'object' ? value.values : value,
    ]);
    expect(Object.fromEntries(metadata)).toEqual(golden.metadata);
    expect(Object.fromEntries(header.tensors)).toEqual(golden.tensors);
    expect(header.dataOffset).toBe(golden.data_offset);
    expect(header.version).toBe(3);
  });

  it('passes over long lists without holding them, and reads nothing of the data', async () => {
    // More than is read at a time.
    const tokens = 30_000;
    const file = new GgufBytes().start(1, 3, 2).text('tokens').uint32(9).uint32(8).uint64(tokens);
    for (let index = 0; index < tokens; index++) file.text('abc');
    file
      .text('types')
      .uint32(9)
      .uint32(4)
      .uint64(5000)
      .raw(...new Array<number>(20_000).fill(0));
    file.number('after', 7).tensor('weight', [2 ** 18, 8], F32, 0);
    const source = memoryFile(file.finish(2 ** 23));
    const header = await readGgufHeader(source, 'model.gguf');
    expect(header.metadata.get('tokens')).toEqual({ length: tokens });
    expect(header.metadata.get('types')).toEqual({ length: 5000 });
    expect(header.metadata.get('after')).toBe(7);
    expect(header.tensors.get('weight')?.bytes).toBe(2 ** 23);
    expect(source.bytesRead).toBeLessThan(2 ** 20);
  });

  it('keeps integers exact beyond 2^53', async () => {
    const file = new GgufBytes()
      .start(0, 1)
      .text('large')
      .uint32(10)
      .uint64(2n ** 63n);
    expect((await read(file.finish())).metadata.get('large')).toBe(2n ** 63n);
  });
});

describe('a damaged or hostile GGUF file', () => {
  const file = (): GgufBytes => new GgufBytes();
  const long = 2n ** 62n;

  it.each([
    ['empty', file().cut(), 'ends within its first bytes'],
    ['something else', file().text('hello, world').cut(), 'is not a GGUF file'],
    ['a Git LFS pointer', new TextEncoder().encode('version https://git-lfs'), 'Git LFS pointer'],
    ['cut in a count', file().start(1, 1).cut().slice(0, 20), 'ends within the number of metadata entries'],
    ['of endless entries', file().start(0, long).cut(), 'larger than any file'],
    ['of more entries than bytes', file().start(0, 1e9).cut(), 'more than the 0 bytes that follow can hold'],
    ['of more tensors than bytes', file().start(1e9, 0).finish(), 'announces 1000000000 tensors'],
    [
      'a key of many bytes',
      file()
        .start(0, 1)
        .uint64(2 ** 40)
        .raw(...new Array<number>(40).fill(65))
        .cut(),
      'is 1099511627776',
    ],
    [
      'a value of unknown type',
      file().start(0, 1).text('key').uint32(77).finish(),
      '"key" has the unknown type 77',
    ],
    [
      'a list of lists',
      file().start(0, 1).text('key').uint32(9).uint32(9).uint64(1).finish(),
      'list of lists',
    ],
    [
      'an endless list',
      file()
        .start(0, 1)
        .text('key')
        .uint32(9)
        .uint32(10)
        .uint64(2 ** 50)
        .finish(),
      'more than the',
    ],
    [
      'a key twice',
      file().start(0, 2).entry('key', 'a').entry('key', 'b').finish(),
      'metadata entry "key" twice',
    ],
    ['no UTF-8', file().start(0, 1).uint64(2).raw(0xc3, 0x28).number('', 1).finish(), 'not UTF-8'],
    ['an odd alignment', file().start(0, 1).number('general.alignment', 48).finish(), 'not a power of two'],
    ['no alignment', file().start(0, 1).number('general.alignment', 0).finish(), 'not a power of two'],
    [
      'a textual alignment',
      file().start(0, 1).entry('general.alignment', '32').finish(),
      'not a power of two',
    ],
    [
      'a tensor twice',
      file().start(2, 0).tensor('w', [8], F32, 0).tensor('w', [8], F32, 32).finish(64),
      'the tensor "w" twice',
    ],
    ['five dimensions', file().start(1, 0).tensor('w', [1, 1, 1, 1, 1], F32, 0).finish(), 'has 5 dimensions'],
    ['an empty dimension', file().start(1, 0).tensor('w', [8, 0], F32, 0).finish(), 'is empty'],
    ['an endless dimension', file().start(1, 0).tensor('w', [long], F32, 0).finish(), 'larger than any file'],
    [
      'endless dimensions together',
      file()
        .start(1, 0)
        .tensor('w', [2 ** 40, 2 ** 40], F32, 0)
        .finish(),
      'is larger than any file',
    ],
    ['an unknown tensor type', file().start(1, 0).tensor('w', [8], 99, 0).finish(), 'unknown type 99'],
    ['half a block', file().start(1, 0).tensor('w', [128], Q4_K, 0).finish(), 'no whole number of Q4_K'],
    [
      'a tensor between',
      file().start(1, 0).tensor('w', [8], F32, 8).finish(64),
      'no multiple of the alignment 32',
    ],
    [
      'data cut off',
      file().start(1, 0).tensor('w', [9], F32, 0).finish(32),
      'end at byte 36 of 32; the file is cut off',
    ],
    [
      'data far outside',
      file()
        .start(1, 0)
        .tensor('w', [8], F32, 2 ** 40)
        .finish(32),
      'the file is cut off',
    ],
    [
      'tensors over each other',
      file().start(2, 0).tensor('v', [16], F32, 0).tensor('w', [8], F32, 32).finish(96),
      'tensor "w": its data overlap',
    ],
  ])('%s', async (_, bytes, problem) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringContaining(problem) as string,
    });
    await expect(read(bytes)).rejects.toThrow(/^model\.gguf: /);
  });

  it('is unsupported in other versions and byte orders', async () => {
    for (const version of [1, 4, 0x0300_0000]) {
      await expect(read(file().start(0, 0, version).finish())).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
    await expect(read(file().start(0, 0, 0x0300_0000).finish())).rejects.toThrow('big-endian');
  });

  it('shows names from the file on one line', async () => {
    const bytes = file().start(1, 0).tensor('w\n\u001b[31m', [8], 99, 0).finish();
    await expect(read(bytes)).rejects.toThrow('tensor "w\\n\\u001b[31m"');
  });

  it('fails in order wherever it is cut', async () => {
    const whole = file()
      .start(1, 2)
      .entry('key', 'text')
      .number('n', 1)
      .tensor('w', [8, 2], F32, 0)
      .finish(64);
    for (let length = 0; length < whole.length; length++) {
      await expect(read(whole.slice(0, length))).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
    }
  });
});
