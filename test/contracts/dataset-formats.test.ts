import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { FileFormat } from '../../src/core/dataset-formats/files/file-format.js';
import { FILE_FORMATS } from '../../src/core/dataset-formats/files/file-formats.js';
import type { RowFormat } from '../../src/core/dataset-formats/row-format.js';
import { detectRowFormat, ROW_FORMATS, rowFormatOf } from '../../src/core/dataset-formats/row-formats.js';

const ROWS = fileURLToPath(new URL('../../src/core/dataset-formats/rows/', import.meta.url));
const FILES = fileURLToPath(new URL('../../src/core/dataset-formats/files/', import.meta.url));
const ids = readdirSync(ROWS).map((name) => name.replace(/\.ts$/, ''));

async function exportsOf(path: string): Promise<unknown[]> {
  return Object.values((await import(/* @vite-ignore */ path)) as Record<string, unknown>);
}

it('every format in the index has its file, and the other way round', () => {
  expect(ids.length).toBeGreaterThan(0);
  expect(ROW_FORMATS.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

describe.each(ids)('rows/%s.ts', async (id) => {
  const exported = await exportsOf(join(ROWS, `${id}.ts`));
  const format = exported[0] as RowFormat;

  it('exports the one format that the index knows by the name of the file', () => {
    expect(exported).toHaveLength(1);
    expect(rowFormatOf(id)).toBe(format);
  });

  it('says in one line which columns it has', () => {
    expect(format.description).toMatch(/^[A-Z].{5,160}\.$/);
    for (const column of Object.keys(format.example)) expect(format.description).toContain(`"${column}"`);
  });

  it('finds and reads its own example, of which every text reaches the model', () => {
    expect(detectRowFormat(format.example)).toBe(format);
    const parsed = JSON.stringify(format.parse(format.example));
    expect(parsed).not.toContain('problem');
    const texts: string[] = [];
    JSON.stringify(format.example, (key, value: unknown) => {
      if (typeof value === 'string' && !['role', 'from'].includes(key)) texts.push(value);
      return value;
    });
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(parsed).toContain(text);
  });

  it('does not take the example of another format for its own', () => {
    for (const other of ROW_FORMATS.filter((candidate) => candidate !== format)) {
      expect(detectRowFormat(other.example)).toBe(other);
      expect(format.parse(other.example)).toHaveProperty('problem');
    }
  });

  it('has a problem, and does not throw, with a row of nothing or of values of any other type', () => {
    expect(format.parse({})).toHaveProperty('problem');
    for (const value of [null, 7, true, '', '  ', [], [null], {}, [{}]]) {
      const row = Object.fromEntries(Object.keys(format.example).map((column) => [column, value]));
      expect(format.detect(row)).toBe(true);
      expect(format.parse(row)).toMatchObject({ problem: expect.stringMatching(/\S/) });
    }
  });
});

it('every file format in files/ is in the index, and no extension is claimed twice', async () => {
  const isFileFormat = (value: unknown): value is FileFormat =>
    typeof value === 'object' && value !== null && 'extensions' in value && 'rows' in value;
  const names = readdirSync(FILES).filter((name) => name !== 'file-formats.ts');
  const exported = (await Promise.all(names.map((name) => exportsOf(join(FILES, name))))).flat();
  const found = exported.filter(isFileFormat);
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(FILE_FORMATS)).toEqual(new Set(found));
  const extensions = FILE_FORMATS.flatMap((format) => format.extensions);
  expect(new Set(extensions).size).toBe(extensions.length);
  for (const extension of extensions) expect(extension).toMatch(/^\.[a-z]+$/);
});
