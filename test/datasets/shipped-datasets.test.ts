import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const datasets = join(root, 'datasets');
const scratch = mkdtempSync(join(tmpdir(), 'datasets-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface ListedFile {
  name: string;
  rows: number;
  bytes: number;
  sha256: string;
}

/** The file table of a card: name, rows, bytes, sha256. */
function listedFiles(dataset: string): ListedFile[] {
  const card = readFileSync(join(datasets, dataset, 'README.md'), 'utf8');
  return [...card.matchAll(/^\| (\S+\.jsonl) +\| +(\d+) \| +(\d+) \| ([0-9a-f]{64}) \|$/gm)].map(
    ([, name, rows, bytes, sha256]) => ({
      name: name!,
      rows: Number(rows),
      bytes: Number(bytes),
      sha256: sha256!,
    }),
  );
}

function describeFile(folder: string, name: string): ListedFile {
  const content = readFileSync(join(folder, name));
  return {
    name,
    rows: content.toString('utf8').split('\n').length - 1,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

function readRows(dataset: string, split: string): Record<string, unknown>[] {
  const lines = readFileSync(join(datasets, dataset, `${split}.jsonl`), 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function runScript(script: string, ...flags: string[]): void {
  execFileSync(process.execPath, ['--import', 'tsx', join('scripts', script), ...flags], { cwd: root });
}

const names = readdirSync(datasets, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
/** Shipped as files; the pre-training corpus is only described. */
const shipped = names.filter((name) => existsSync(join(datasets, name, 'train.jsonl')));

describe('every dataset', () => {
  it.each(names)('%s has a card with its licence, language, size and tasks', (name) => {
    const card = readFileSync(join(datasets, name, 'README.md'), 'utf8');
    const frontMatter = /^---\n([^]*?)\n---\n/.exec(card)?.[1] ?? '';
    expect(frontMatter).toMatch(/^license: \S+$/m);
    expect(frontMatter).toMatch(/^language:\n {2}- en$/m);
    expect(frontMatter).toMatch(/^size_categories:\n {2}- (n<1K|1K<n<10K)$/m);
    expect(frontMatter).toMatch(/^task_categories:\n {2}- \S+$/m);
    for (const heading of ['licence', 'How it was made', 'Known limits']) {
      expect(card).toMatch(new RegExp(`^## .*${heading}`, 'm'));
    }
  });

  it.each(shipped)('%s holds exactly the files, rows and hashes that its card lists', (name) => {
    const folder = join(datasets, name);
    const files = readdirSync(folder).filter((file) => file !== 'README.md');
    expect(files).toEqual(['test.jsonl', 'train.jsonl', 'valid.jsonl']);
    const listed = listedFiles(name).sort((a, b) => a.name.localeCompare(b.name));
    expect(files.map((file) => describeFile(folder, file))).toEqual(listed);
  });
});

describe('sentiment', () => {
  const splits = ['train', 'valid', 'test'].map((split) => readRows('sentiment', split));

  it('has prompts and labels of the documented form, half of them positive', () => {
    for (const rows of splits) {
      for (const { prompt, completion, ...rest } of rows) {
        expect(rest).toEqual({});
        expect(prompt).toMatch(/^Review: \S.*\nSentiment:$/);
        expect([' positive', ' negative']).toContain(completion);
      }
      expect(rows.filter(({ completion }) => completion === ' positive')).toHaveLength(Math.round(rows.length / 2));
    }
  });

  it('has no sentence twice, however it is punctuated', () => {
    const words = splits.flat().map(({ prompt }) => (prompt as string).toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
    expect(new Set(words).size).toBe(words.length);
  });

  it('keeps the label of the original sentence', () => {
    // 500 sentences of each source and label, less those that are repeated.
    const original = new Map<string, number>();
    for (const source of ['imdb', 'amazon', 'yelp']) {
      const file = join(root, 'node_modules/sentiment/test/fixtures', `${source}.json`);
      const rows = JSON.parse(readFileSync(file, 'utf8')) as { text: string; class: number }[];
      for (const row of rows) original.set(row.text.trim(), row.class);
    }
    let found = 0;
    for (const { prompt, completion } of splits.flat()) {
      const label = original.get((prompt as string).slice('Review: '.length, -'\nSentiment:'.length));
      if (label === undefined) continue;
      found++;
      expect(completion).toBe(label === 1 ? ' positive' : ' negative');
    }
    // Cleaning changed the wording of a few.
    expect(found).toBeGreaterThan(2900);
  });

  it('is what its script makes', () => {
    runScript('prepare-sentiment.ts', '--out', scratch);
    expect(listedFiles('sentiment').map(({ name }) => describeFile(scratch, name))).toEqual(listedFiles('sentiment'));
  });
});

describe('dialogue-summaries', () => {
  const rows = ['train', 'valid', 'test'].flatMap((split) => readRows('dialogue-summaries', split));

  it('has conversations of 4 to 10 turns between two people, with short summaries', () => {
    expect(rows.length).toBeGreaterThanOrEqual(120);
    for (const { messages } of rows) {
      const [user, assistant, ...more] = messages as { role: string; content: string }[];
      expect(more).toEqual([]);
      expect([user?.role, assistant?.role]).toEqual(['user', 'assistant']);
      const turns = /^Summarize this conversation\.\n\n([^]+)\n\nSummary:$/.exec(user!.content)![1]!.split('\n');
      expect(turns.length).toBeGreaterThanOrEqual(4);
      expect(turns.length).toBeLessThanOrEqual(10);
      expect(new Set(turns.map((turn) => turn.split(': ')[0])).size).toBe(2);
      expect(assistant!.content).toMatch(/^[A-Z].+\.$/);
      expect(assistant!.content.length).toBeLessThan(user!.content.length);
    }
  });

  it('has no conversation and no summary twice', () => {
    for (const position of [0, 1]) {
      const contents = rows.map(({ messages }) => (messages as { content: string }[])[position]!.content);
      expect(new Set(contents).size).toBe(rows.length);
    }
  });
});

describe('instructions', () => {
  const rows = ['train', 'valid', 'test'].flatMap((split) => readRows('instructions', split));

  it('has the three columns of the Alpaca format', () => {
    expect(rows.length).toBeGreaterThanOrEqual(200);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['instruction', 'input', 'output']);
      expect(row['instruction']).toMatch(/\S/);
      expect(row['output']).toMatch(/\S/);
    }
  });

  it('has no task twice', () => {
    expect(new Set(rows.map(({ instruction, input }) => JSON.stringify([instruction, input]))).size).toBe(rows.length);
  });

  it('has right sums and products wherever an answer states one', () => {
    let checked = 0;
    for (const { output } of rows) {
      const equations = (output as string).matchAll(/(\d+(?: [-+×/] \d+)+) = (\d+)/g);
      for (const [, left, right] of equations) {
        checked++;
        const [first, ...rest] = left!.split(' ');
        let value = Number(first);
        for (let i = 0; i < rest.length; i += 2) {
          const operand = Number(rest[i + 1]);
          if (rest[i] === '+') value += operand;
          else if (rest[i] === '-') value -= operand;
          else if (rest[i] === '×') value *= operand;
          else value /= operand;
        }
        expect(value).toBe(Number(right));
      }
    }
    expect(checked).toBeGreaterThan(10);
  });
});

describe('pretraining-corpus', () => {
  const folder = join(scratch, 'corpus');
  beforeAll(() => runScript('prepare-corpus.ts', '--out', folder));

  it('is what its script makes, and holds no review sentence and no held-out row', () => {
    const listed = listedFiles('pretraining-corpus');
    expect(listed.map(({ name }) => name)).toEqual(['train.jsonl', 'valid.jsonl']);
    expect(listed.map(({ name }) => describeFile(folder, name))).toEqual(listed);

    const texts = listed
      .flatMap(({ name }) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
      .map((line) => (JSON.parse(line) as { text: string }).text);
    const documents = new Set(texts);
    for (const split of ['valid', 'test']) {
      for (const { messages } of readRows('dialogue-summaries', split)) {
        const [user, assistant] = messages as { content: string }[];
        expect(documents.has(`${user!.content} ${assistant!.content}`)).toBe(false);
      }
      for (const { instruction, input, output } of readRows('instructions', split)) {
        expect(documents.has([instruction, input, output].filter(Boolean).join('\n'))).toBe(false);
      }
    }
    const [trainDialogue] = readRows('dialogue-summaries', 'train')[0]!['messages'] as { content: string }[];
    expect(texts.filter((text) => text.startsWith(trainDialogue!.content))).toHaveLength(1);

    const clauses = (text: string): string[] => text.split(/[.!?\n]+/).map((clause) => clause.trim());
    const corpus = new Set(texts.flatMap(clauses));
    for (const split of ['train', 'valid', 'test']) {
      for (const { prompt } of readRows('sentiment', split)) {
        // Short ones ("I love it") are anybody's.
        const own = clauses((prompt as string).slice('Review: '.length)).filter((clause) => clause.length > 30);
        expect(own.filter((clause) => corpus.has(clause))).toEqual([]);
      }
    }
  });

  it('gives the starter model the tokenizer that its template ships', () => {
    const out = join(scratch, 'tokenizer');
    runScript('train-tokenizer.ts', '--corpus', folder, '--out', out);
    for (const file of readdirSync(out)) {
      const shippedFile = readFileSync(join(root, 'templates/starter-model', file), 'utf8');
      expect(readFileSync(join(out, file), 'utf8') === shippedFile, file).toBe(true);
    }
  });
});
