import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readLines } from '../../../src/core/dataset-formats/files/lines.js';
import { readDataset, type Dataset } from '../../../src/core/dataset-formats/read-dataset.js';
import type { ErrorCode } from '../../../src/core/errors/exit-codes.js';
import { nodeFileSystem, type FileSystem } from '../../../src/platform/file-system.js';

const DATASETS = fileURLToPath(new URL('../../../datasets/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dataset-formats-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let folders = 0;
let folder = '';
beforeEach(() => {
  folder = join(scratch, String(++folders));
  mkdirSync(folder);
});

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function read(name: string, content: string | Uint8Array, format?: string): Promise<Dataset> {
  return readDataset(nodeFileSystem, write(name, content), format === undefined ? {} : { format });
}

function texts({ splits }: Dataset): string[] {
  return splits.train.map((example) =>
    example.kind === 'text' ? example.text : `not text: ${example.kind}`,
  );
}

function places({ problems }: Dataset): [number, string][] {
  return problems.map(({ line, why }) => [line, why]);
}

async function expectError(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: string,
  hint: RegExp,
): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  await expect(promise).rejects.toMatchObject({ hint: expect.stringMatching(hint) });
}

describe('JSON Lines', () => {
  it('reads LF and CRLF, a byte order mark, blank lines and a last line without end', async () => {
    const dataset = await read('a.jsonl', '\uFEFF{"text":"ä"}\r\n\r\n  \n{"text":"b\\r\\n"}\n{"text":"😀"}');
    expect(texts(dataset)).toEqual(['ä', 'b\r\n', '😀']);
    expect(dataset).toMatchObject({ format: 'text', problems: [] });
  });

  it('reports every bad row with its line, why, and its text', async () => {
    const long = 'x'.repeat(300);
    const content = Buffer.concat([
      Buffer.from('{"text":"good"}\n{"text":x}\n{"text":"cut\n\n{"text":"a" "b"}\n[1]\nnope\n{"text":7}\n'),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      Buffer.from(
        `\uFEFF{"text":"joined"}\n{"text":""}\n{"txt":"${long}"}\n{"a":1}{"a":2}\n{"text":"last"}\n`,
      ),
    ]);
    const dataset = await read('a.jsonl', content);
    expect(texts(dataset)).toEqual(['good', 'last']);
    expect(places(dataset)).toEqual([
      [2, 'invalid JSON at character 9: unexpected "x"'],
      [3, 'invalid JSON at character 13: it ends too early'],
      [5, expect.stringMatching(/^invalid JSON at character 13: Expected ',' or '}'/)],
      [6, 'is a list, not a JSON object'],
      [7, 'invalid JSON at character 2: unexpected "o"'],
      [8, 'column "text" is a number, not a string'],
      [9, 'is not valid UTF-8'],
      [10, 'has a stray byte order mark before its first character'],
      [11, 'column "text" is empty'],
      [12, 'column "text" is missing'],
      [13, expect.stringMatching(/^invalid JSON at character 8: Unexpected non-whitespace/)],
    ]);
    expect(dataset.problems[0]).toEqual({
      file: join(folder, 'a.jsonl'),
      line: 2,
      why: 'invalid JSON at character 9: unexpected "x"',
      row: '{"text":x}',
    });
    expect(dataset.problems[9]!.row).toBe(`{"txt":"${'x'.repeat(192)}…`);
  });

  it('reads lines that begin, end and break a character at any place of the pieces read', async () => {
    const path = write('a.jsonl', '\uFEFF{"text":"äöü😀"}\r\n\n{"text":"b"}\r\n{"text":"€"}\r\n');
    const bytes = readFileSync(path);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const lines: (string | undefined)[] = [];
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, cut);
        yield bytes.subarray(cut);
      }
      for await (const { text } of readLines(pieces(), path)) lines.push(text);
      expect(lines).toEqual(['{"text":"äöü😀"}', '', '{"text":"b"}', '{"text":"€"}']);
    }
  });

  it('streams: it never asks for the whole file, and closes it on failure too', async () => {
    let [opened, closed, largest] = [0, 0, 0];
    const watched: FileSystem = {
      ...nodeFileSystem,
      readText: () => Promise.reject(new Error('the whole file was asked for')),
      readBytes: () => Promise.reject(new Error('the whole file was asked for')),
      async open(path) {
        const file = await nodeFileSystem.open(path);
        opened++;
        return {
          size: file.size,
          read: (position, length) => {
            largest = Math.max(largest, length);
            return file.read(position, length);
          },
          close: () => {
            closed++;
            return file.close();
          },
        };
      },
    };
    const row = `{"text":"${'y'.repeat(1000)}"}\n`;
    const path = write('a.jsonl', row.repeat(5000));
    const dataset = await readDataset(watched, path);
    expect(dataset.splits.train).toHaveLength(5000);
    expect(largest).toBeLessThanOrEqual(2 ** 20);
    const odd = write('b.jsonl', `{"a":1}\n`.repeat(1_000));
    await expectError(
      readDataset(watched, odd),
      'BAD_DATASET',
      'of no known format: "a"',
      /messages: OpenAI/,
    );
    expect([opened, closed]).toEqual([2, 2]);
  });

  it('tells a JSON array under this name from damaged rows', async () => {
    await expectError(
      read('a.jsonl', '[\n{"text":"a"}\n]'),
      'BAD_DATASET',
      'a.jsonl:1: begins a JSON array',
      /\.json\b/,
    );
    await expectError(
      read('b.jsonl', '[{"text":"a"}]'),
      'BAD_DATASET',
      'b.jsonl:1: is a list, not a JSON object',
      /extension/,
    );
  });

  it('refuses UTF-16', async () => {
    const content = Buffer.from('\uFEFF{"text":"a"}\n', 'utf16le');
    await expectError(read('a.jsonl', content), 'BAD_DATASET', 'is UTF-16', /UTF-8/);
  });
});

describe('JSON', () => {
  it.each([
    '[{"text":"a"},\r\n{"text":"b"}]',
    '\uFEFF{"version":1,"data":[{"text":"a"},{"text":"b"}]}',
    '{"text":"a"}\n{"text":"b"}\n',
  ])('reads %j', async (content) => {
    expect(texts(await read('a.json', content))).toEqual(['a', 'b']);
  });

  it('reports bad rows by their number in the array', async () => {
    const dataset = await read('a.json', '[\n\n{"text":"a"}, 7,\n{"text":null}]');
    expect(places(dataset)).toEqual([
      [2, 'row 2: is a number, not a JSON object'],
      [3, 'row 3: column "text" is null, not a string'],
    ]);
  });

  it.each<[string, string | Uint8Array, string]>([
    ['is not JSON', '[{"text":"a"},\n {"text":b}]', 'a.json:2: invalid JSON at character 10: unexpected "b"'],
    ['ends too early', '[{"text":"a"}', 'a.json:1: invalid JSON at character 14: it ends too early'],
    ['is one object', '{"text":"a"}', 'a.json: holds one object with "text", not rows'],
    ['is a number', '7', 'a.json: holds a number, not rows'],
    ['is not UTF-8', Buffer.from([0x5b, 0x0a, 0xe4, 0x5d]), 'a.json:2: is not valid UTF-8'],
    ['has two byte order marks', '\uFEFF\uFEFF[]', 'a.json:1: has two byte order marks'],
    ['is an empty array', '[]', 'a.json: the file has no rows'],
  ])('a file that %s', async (_, content, message) => {
    await expectError(read('a.json', content), 'BAD_DATASET', message, /\S/);
  });
});

describe('CSV and TSV', () => {
  it.each(['\n', '\r\n'])(
    'reads quoted cells with commas, quotes and line breaks (line end %j)',
    async (end) => {
      const content = ['\uFEFFprompt,completion,id', '"a, ""b""\nc", d,1', '', 'e "f" g,h,2', ''].join('\n');
      const dataset = await read('a.csv', content.replaceAll('\n', end));
      expect(dataset).toMatchObject({ format: 'prompt-completion', problems: [] });
      expect(dataset.splits.train).toEqual([
        { kind: 'prompt-completion', prompt: 'a, "b"\nc', completion: ' d' },
        { kind: 'prompt-completion', prompt: 'e "f" g', completion: 'h' },
      ]);
    },
  );

  it('reads tabs, with commas as themselves', async () => {
    const dataset = await read('a.tsv', 'question\tanswer\n1, 2?\t3\n');
    expect(dataset.splits.train).toEqual([{ kind: 'prompt-completion', prompt: '1, 2?', completion: '3' }]);
  });

  it('reports rows by the line they begin on', async () => {
    const dataset = await read(
      'a.csv',
      'question,answer\n"a\nb",c\n\n"d\n\ne",\nf\n"g\nh",i,j\n"he said "yes", twice",k\nl,m',
    );
    expect(dataset.splits.train).toHaveLength(2);
    // Counted by hand: the rows begin on lines 2, 5, 8, 9, 11 and 12.
    expect(places(dataset)).toEqual([
      [5, 'column "answer" is empty'],
      [8, 'has 1 cells, and the header has 2'],
      [9, 'has 3 cells, and the header has 2'],
      [11, 'has 3 cells, and the header has 2'],
    ]);
    expect(dataset.problems[2]!.row).toBe('"g\nh",i,j');
  });

  it.each<[string, string | Uint8Array, string]>([
    [
      'has an open quote',
      'text\n"a"\n\n"b\nc\n',
      'a.csv:4: a quoted cell that begins in this row is never closed',
    ],
    ['has a column twice', '\ntext,text\na,b\n', 'a.csv:2: the header has the column "text" twice'],
    ['has only a header', 'text\n', 'a.csv: the file has no rows'],
    [
      'has no header',
      'Paris,France\nRome,Italy\n',
      'a.csv:2: the columns of the rows are of no known format: "Paris", "France"',
    ],
    ['is not UTF-8', Buffer.from('text\nb\xe4r\n', 'latin1'), 'a.csv:2: is not valid UTF-8'],
    ['has two byte order marks', '\uFEFF\uFEFFtext\na\n', 'a.csv:1: has two byte order marks'],
  ])('a file that %s', async (_, content, message) => {
    await expectError(read('a.csv', content), 'BAD_DATASET', message, /\S/);
  });
});

describe('text files', () => {
  it('reads a document from every paragraph', async () => {
    const dataset = await read('a.txt', '\uFEFF\r\n a\r\nb\r\n\r\n \t\r\nc');
    expect(texts(dataset)).toEqual([' a\nb', 'c']);
    expect(dataset.format).toBe('text');
  });

  it('reports a paragraph by its first line', async () => {
    const dataset = await read('a.txt', '\n\na\nb\n\nc\n', 'alpaca');
    expect(places(dataset)).toEqual([
      [3, 'looks like text, and the dataset is alpaca'],
      [6, 'looks like text, and the dataset is alpaca'],
    ]);
  });
});

describe('the format of the rows', () => {
  const alpacaRow = '{"instruction":"a","output":"b"}\n';
  const textRow = '{"text":"c"}\n';

  it('is that of most of the first hundred readable rows; the others are problems', async () => {
    const dataset = await read('a.jsonl', textRow + 'nope\n'.repeat(200) + alpacaRow.repeat(2));
    expect(dataset.format).toBe('alpaca');
    expect(dataset.splits.train).toHaveLength(2);
    expect(dataset.problems).toHaveLength(201);
    expect(dataset.problems[0]).toMatchObject({ line: 1, why: 'looks like text, and the dataset is alpaca' });
  });

  it('is not changed by what comes after the first hundred rows', async () => {
    const dataset = await read('a.jsonl', textRow.repeat(100) + alpacaRow.repeat(150));
    expect(dataset.format).toBe('text');
    expect(dataset.problems).toHaveLength(150);
    expect(dataset.problems[0]).toMatchObject({
      line: 101,
      why: 'looks like alpaca, and the dataset is text',
    });
  });

  it('can be chosen where a row has the columns of two', async () => {
    const content = '{"prompt":"a","completion":"b","text":"ab"}\n';
    expect((await read('a.jsonl', content)).splits.train[0]!.kind).toBe('prompt-completion');
    expect(texts(await read('a.jsonl', content, 'text'))).toEqual(['ab']);
  });

  it('must be a known one', async () => {
    await expectError(
      read('a.jsonl', textRow, 'chat'),
      'USAGE',
      'format "chat" is not known',
      /messages, sharegpt/,
    );
  });

  it('fails with the rows named when none can be read', async () => {
    await expectError(
      read('a.jsonl', 'nope\n'.repeat(12)),
      'BAD_DATASET',
      `none of its rows can be read:\n  ${join(folder, 'a.jsonl')}:1: invalid JSON at character 2`,
      /extension/,
    );
    await expect(read('a.jsonl', 'nope\n'.repeat(12))).rejects.toThrow(/\n {2}… and 2 more$/);
  });
});

describe('files and folders', () => {
  it('takes the parts of a folder by their names, and one format for all', async () => {
    write('README.md', '# A dataset');
    write('Train.JSONL', '{"text":"a"}\n');
    write('dev.csv', 'text\nb\n');
    write('test.txt', 'c\n\nd\n');
    const dataset = await readDataset(nodeFileSystem, folder);
    expect(dataset.splits).toEqual({
      train: [{ kind: 'text', text: 'a' }],
      validation: [{ kind: 'text', text: 'b' }],
      test: [
        { kind: 'text', text: 'c' },
        { kind: 'text', text: 'd' },
      ],
    });
    expect(dataset.sources).toEqual(
      (
        [
          ['Train.JSONL', 1],
          ['dev.csv', 1],
          ['test.txt', 2],
        ] as const
      ).map(([name, rows]) => {
        const content = readFileSync(join(folder, name));
        const sha256 = createHash('sha256').update(content).digest('hex');
        return { path: join(folder, name), rows, bytes: content.length, sha256 };
      }),
    );
  });

  it('hashes what is in the file', async () => {
    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    expect((await read('abc.txt', 'abc')).sources[0]!.sha256).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('reports rows of other parts in the format of the training part', async () => {
    write('train.jsonl', '{"text":"a"}\n');
    const valid = write('valid.jsonl', '{"instruction":"a","output":"b"}\n{"text":"b"}\n');
    expect((await readDataset(nodeFileSystem, folder)).problems).toEqual([
      {
        file: valid,
        line: 1,
        why: 'looks like alpaca, and the dataset is text',
        row: '{"instruction":"a","output":"b"}',
      },
    ]);
  });

  it('needs a training file, and lists what there is', async () => {
    await expectError(
      readDataset(nodeFileSystem, folder),
      'BAD_DATASET',
      'the folder is empty',
      /^Name the files train, /,
    );
    write('valid.jsonl', '{"text":"a"}\n');
    write('trains.jsonl', '{"text":"a"}\n');
    await expectError(
      readDataset(nodeFileSystem, folder),
      'BAD_DATASET',
      'has no training file; the folder holds "trains.jsonl", "valid.jsonl"',
      /validation or valid or val or dev, and test, with one of the extensions \.jsonl/,
    );
  });

  it('knows the names that a part in one file has on the Hugging Face hub', async () => {
    write('train-00000-of-00001.jsonl', '{"text":"a"}\n');
    write('validation-00000-of-00001.csv', 'text\nb\n');
    const { splits } = await readDataset(nodeFileSystem, folder);
    expect(splits).toEqual({
      train: [{ kind: 'text', text: 'a' }],
      validation: [{ kind: 'text', text: 'b' }],
    });
  });

  it('refuses two files for one part', async () => {
    write('train.jsonl', '{"text":"a"}\n');
    write('val.csv', 'text\na\n');
    write('dev.csv', 'text\na\n');
    await expectError(
      readDataset(nodeFileSystem, folder),
      'BAD_DATASET',
      'both "dev.csv" and "val.csv" could be the validation part',
      /Keep one/,
    );
  });

  it.each<[string, RegExp]>([
    ['rows.arrow', /to_json/],
    ['rows.xlsx', /CSV/],
    ['rows.jsonl.gz', /^Unpack it first/],
    ['rows.pkl', /\.jsonl, \.ndjson, \.json, \.csv, \.tsv, \.parquet, \.txt/],
    ['rows', /\.jsonl/],
  ])('cannot read %s, and says what to do', async (name, hint) => {
    await expectError(read(name, 'PAR1'), 'UNSUPPORTED', name, hint);
  });

  it('says so of a training part that it cannot read', async () => {
    write('train.xlsx', 'PK');
    await expectError(readDataset(nodeFileSystem, folder), 'UNSUPPORTED', '.xlsx files', /Save it as CSV/);
  });

  it.each(['a.jsonl', 'a.json', 'a.csv', 'a.txt'])('refuses %s with nothing in it', async (name) => {
    await expectError(read(name, ''), 'BAD_DATASET', `${name}: the file is empty`, /\S/);
    await expectError(
      read(name, '\n \n'.replace(' ', name.endsWith('csv') ? '' : ' ')),
      'BAD_DATASET',
      'no rows',
      /\S/,
    );
  });

  it('refuses a path where nothing is', async () => {
    await expectError(readDataset(nodeFileSystem, join(folder, 'no')), 'NOT_FOUND', 'no such file', /path/);
  });
});

describe('the shipped datasets', () => {
  // Rows as their cards list them.
  it.each([
    ['instructions', 'alpaca'],
    ['dialogue-summaries', 'messages'],
    ['sentiment', 'prompt-completion'],
  ])('%s is read whole', async (name, format) => {
    const path = join(DATASETS, name);
    const card = readFileSync(join(path, 'README.md'), 'utf8');
    const listed = (file: string): { rows: number; bytes: number; sha256: string } => {
      const found = new RegExp(
        `^\\| ${file}\\.jsonl +\\| +(\\d+) \\| +(\\d+) \\| ([0-9a-f]{64}) \\|$`,
        'm',
      ).exec(card)!;
      return { rows: Number(found[1]), bytes: Number(found[2]), sha256: found[3]! };
    };
    const { splits, problems, sources, format: found } = await readDataset(nodeFileSystem, path);
    expect(found).toBe(format);
    expect(problems).toEqual([]);
    const parts = ['train', 'valid', 'test'].map(listed);
    expect([splits.train, splits.validation, splits.test].map((part) => part?.length)).toEqual(
      parts.map(({ rows }) => rows),
    );
    expect(sources.map(({ bytes, sha256 }) => ({ bytes, sha256 }))).toEqual(
      parts.map(({ bytes, sha256 }) => ({ bytes, sha256 })),
    );
  });
});
