import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileRow, FileRowOptions } from '../../../src/core/dataset-formats/files/file-format.js';
import { readRows } from '../../../src/core/dataset-formats/read-rows.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

const scratch = mkdtempSync(join(tmpdir(), 'read-rows-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function read(name: string, content: string, options?: FileRowOptions): Promise<FileRow[]> {
  const path = join(scratch, name);
  writeFileSync(path, content);
  const rows: FileRow[] = [];
  for await (const row of readRows(nodeFileSystem, path, options)) rows.push(row);
  return rows;
}

describe('readRows', () => {
  it('gives rows of any columns, and the hash of the file at the end', async () => {
    const path = join(scratch, 'abc.jsonl');
    writeFileSync(path, '{"a":1}\n{"b":[2]}\nno\n');
    const file = readRows(nodeFileSystem, path);
    const rows: FileRow[] = [];
    for await (const row of file) rows.push(row);
    expect(rows).toEqual([
      { line: 1, row: { a: 1 } },
      { line: 2, row: { b: [2] } },
      expect.objectContaining({ line: 3, problem: expect.stringContaining('invalid JSON') }),
    ]);
    // printf '{"a":1}\n{"b":[2]}\nno\n' | sha256sum
    expect(file.source()).toEqual({
      path,
      bytes: 21,
      sha256: '7a73382cbfe2075ebf286a0287af7ab29e455a8280e03846c03ce96cc0963fe7',
    });
  });

  describe('of tables that may have no header', () => {
    const options = { columns: ['question', 'A', 'answer'] };
    const row = { question: 'One, or two?', A: 'one', answer: 'A' };

    it.each([
      ['without a header', '"One, or two?",one,A\n', 1],
      ['with this header', 'question,a,Answer\n"One, or two?",one,A\n', 2],
    ])('%s', async (_, content, line) => {
      const [first, ...others] = await read('table.csv', content, options);
      expect(others).toEqual([]);
      expect(first).toMatchObject({ line });
      expect(Object.values('row' in first! ? first.row : {})).toEqual(Object.values(row));
      if (line === 1) expect(first).toEqual({ line, row });
    });

    it('takes a first line of another width for a header', async () => {
      expect(await read('table.csv', 'text,label\nfine,1\n', options)).toEqual([
        { line: 2, row: { text: 'fine', label: '1' } },
      ]);
    });

    it('reports rows of another width', async () => {
      expect(await read('table.tsv', 'q\to\tA\nq\to\n', options)).toEqual([
        { line: 1, row: { question: 'q', A: 'o', answer: 'A' } },
        { line: 2, problem: 'has 2 cells, and the first row has 3', text: 'q\to' },
      ]);
    });
  });
});
