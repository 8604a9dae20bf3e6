import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileRow } from '../../../../src/core/dataset-formats/files/file-format.js';
import { readDataset } from '../../../../src/core/dataset-formats/read-dataset.js';
import { readRows } from '../../../../src/core/dataset-formats/read-rows.js';
import { nodeFileSystem, type FileSystem } from '../../../../src/platform/file-system.js';
import { GOLDEN, readJson } from '../../../golden/golden.js';

const FOLDER = join(GOLDEN, 'parquet');
/** Rows as pyarrow reads them (test/golden/make-parquet.py). */
const golden = readJson<{
  files: Record<string, string>;
  questions: Record<string, unknown>[];
  odd: Record<string, unknown>[];
}>(FOLDER, 'rows.json');

const scratch = mkdtempSync(join(tmpdir(), 'parquet-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function rowsOf(path: string, files: FileSystem = nodeFileSystem): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const row of readRows(files, path)) rows.push(row);
  return rows;
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
}

const bytesOf = (name: string): Buffer => readFileSync(join(FOLDER, name));

describe('Parquet', () => {
  it.each(Object.keys(golden.files))('reads %s as pyarrow does, texts, lists and structs', async (name) => {
    const rows = await rowsOf(join(FOLDER, name));
    expect(rows).toEqual(golden.questions.map((row, index) => ({ line: index + 1, isInArray: true, row })));
  });

  it('reads dates, large numbers, bytes, nested lists and dictionaries as pyarrow does', async () => {
    const rows = await rowsOf(join(FOLDER, 'odd.parquet'));
    expect(rows.map((entry) => 'row' in entry && entry.row)).toEqual(golden.odd);
  });

  it('reads one group of rows at a time, by ranges', async () => {
    const read: [number, number][] = [];
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(path) {
        const file = await nodeFileSystem.open(path);
        return {
          size: file.size,
          close: () => file.close(),
          read: (position, length) => {
            read.push([position, position + length]);
            return file.read(position, length);
          },
        };
      },
    };
    // The file is hashed first, from its beginning to its end; then the index at its end leads to the rows.
    const rows = readRows(files, join(FOLDER, 'zstd.parquet'))[Symbol.asyncIterator]();
    await rows.next();
    const size = bytesOf('zstd.parquet').length;
    const [whole, ...ranges] = read;
    expect(whole).toEqual([0, size]);
    const indexAt = size - 8 - bytesOf('zstd.parquet').readUInt32LE(size - 8);
    const ofRows = ranges.filter(([start, end]) => start >= 4 && end <= indexAt);
    // 10 of 23 rows: the second and third group of rows are not touched yet.
    expect(Math.max(...ofRows.map(([, end]) => end))).toBeLessThan(0.6 * indexAt);
    await rows.return?.();
  });

  it('can be learnt from like any other dataset', async () => {
    const path = join(FOLDER, 'messages.parquet');
    const { format, splits, problems } = await readDataset(nodeFileSystem, path);
    expect({ format, problems }).toEqual({ format: 'messages', problems: [] });
    expect(splits.train).toHaveLength(3);
    expect(splits.train[2]).toEqual({
      kind: 'chat',
      messages: [
        { role: 'user', content: 'user 2' },
        { role: 'assistant', content: 'assistant 2' },
      ],
    });
  });

  it('reports its rows by their number', async () => {
    const path = join(FOLDER, 'snappy.parquet');
    const { splits, sources, problems } = await readDataset(nodeFileSystem, path);
    expect(splits.train).toHaveLength(0);
    // "answer" is a number here, so no row can be learnt from, and every row says so.
    expect(problems).toHaveLength(golden.questions.length);
    expect(problems[0]!.why).toBe('row 1: column "answer" is a number, not a string');
    expect(sources[0]!.bytes).toBe(bytesOf('snappy.parquet').length);
  });

  it('has no rows where the file has none', async () => {
    expect(await rowsOf(join(FOLDER, 'no-rows.parquet'))).toEqual([]);
    await expect(readDataset(nodeFileSystem, join(FOLDER, 'no-rows.parquet'))).rejects.toMatchObject({
      code: 'BAD_DATASET',
      message: expect.stringContaining('the file has no rows'),
    });
  });

  it.each<[string, (bytes: Buffer) => Uint8Array, RegExp]>([
    [
      'cut-off',
      (bytes) => bytes.subarray(0, bytes.length - 100),
      /does not end with PAR1; it may be cut off/,
    ],
    ['cut-front', (bytes) => bytes.subarray(100), /does not begin with PAR1/],
    ['short', () => Buffer.from('PAR1PAR1'), /has only 8 bytes/],
    [
      'long-index',
      (bytes) => {
        bytes.writeUInt32LE(2 ** 31, bytes.length - 8);
        return bytes;
      },
      /index is said to have 2147483648 bytes/,
    ],
    ['encrypted', (bytes) => Buffer.concat([bytes.subarray(0, -4), Buffer.from('PARE')]), /is encrypted/],
    ['holes', (bytes) => bytes.fill(0, 4, 600), /./],
  ])('refuses a damaged file: %s', async (name, damage, message) => {
    const path = write(`${name}.parquet`, damage(bytesOf('snappy.parquet')));
    await expect(rowsOf(path)).rejects.toMatchObject({
      code: 'BAD_DATASET',
      message: expect.stringMatching(message),
    });
    await expect(rowsOf(path)).rejects.toMatchObject({
      message: expect.stringContaining(`${path}: is not a Parquet file that can be read`),
    });
  });

  it('never fails in another way, whichever byte is wrong', async () => {
    const original = bytesOf('zstd.parquet');
    for (let at = 4; at < original.length; at += 41) {
      const bytes = Buffer.from(original);
      bytes[at] = bytes[at]! ^ 0xff;
      const path = write('flipped.parquet', bytes);
      const outcome = await rowsOf(path).catch((error: unknown) => error);
      // A wrong byte within a text or a number is not seen; every other one is an error of the dataset.
      if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ code: 'BAD_DATASET' });
    }
  });

  it('does not believe a page that claims billions of values', async () => {
    const bytes = bytesOf('none.parquet');
    // The first page's header (Thrift compact: field 5 a struct, its field 1 a zigzag varint of the values, 23 = 0x2e).
    const at = bytes.indexOf(Buffer.from([0x2c, 0x15, 0x2e]));
    expect(at).toBeGreaterThan(0);
    const header = Buffer.from([0x2c, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
    const path = write(
      'bomb.parquet',
      Buffer.concat([bytes.subarray(0, at), header, bytes.subarray(at + 3)]),
    );
    await expect(rowsOf(path)).rejects.toMatchObject({
      code: 'BAD_DATASET',
      message: expect.stringMatching(
        /the number of values in a page of a group is 2147483647; 0 to 23 can be/,
      ),
    });
  });

  it('reports rows with text that is not valid UTF-8, and reads the others', async () => {
    const bytes = bytesOf('none.parquet');
    const at = bytes.indexOf('row-5');
    bytes[at] = 0xff;
    const rows = await rowsOf(write('bad-text.parquet', bytes));
    expect(rows[5]).toEqual({
      line: 6,
      isInArray: true,
      problem: 'holds text that is not valid UTF-8',
      text: '',
    });
    expect(rows.filter((entry) => 'row' in entry)).toHaveLength(golden.questions.length - 1);
  });
});
