import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** What `test/golden/make-tokenizers.py` made. */
export const GOLDEN = join(import.meta.dirname, '../../golden/tokenizers');

/** The kinds of tokenizer there, by folder name. */
export const KINDS = readdirSync(join(GOLDEN, 'cases')).map((name) => name.replace('.json', ''));

/** What the reference does with one text, or with ids drawn at random. */
export interface GoldenRow {
  readonly text?: string;
  readonly ids: readonly number[];
  /** Special tokens added around the ids. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly decoded: string;
  readonly decodedSkipping: string;
}

export function readGolden<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(GOLDEN, ...path), 'utf8')) as T;
}

/** All rows of one kind: first the texts, then random ids. */
export function goldenRows(kind: string): { vocabularySize: number; rows: GoldenRow[] } {
  const { texts } = readGolden<{ texts: string[] }>('texts.json');
  const { vocabularySize, rows } = readGolden<{ vocabularySize: number; rows: Partial<GoldenRow>[] }>(
    'cases',
    `${kind}.json`,
  );
  return {
    vocabularySize,
    rows: rows.map((row, index) => {
      const text = texts[index];
      const decoded = row.decoded ?? text!;
      return {
        ...(text === undefined ? {} : { text }),
        ids: row.ids!,
        before: row.before ?? [],
        after: row.after ?? [],
        decoded,
        decodedSkipping: row.decodedSkipping ?? decoded,
      };
    }),
  };
}

/** A temporary model folder: a copy of a golden tokenizer, with files added, replaced or (`undefined`) removed. */
export function modelFolder(kind: string, files: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'genai-tokenizer-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(GOLDEN, kind), folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}
