import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { isJsonObject } from '../checkpoints/json-file.js';
import { fileChunks } from '../dataset-formats/file-chunks.js';
import { readLines } from '../dataset-formats/files/lines.js';

const LINE_FEED = 0x0a;

/** What one provider answered: from an earlier run, and in this one. */
export interface CacheSection {
  /** What was kept under a key, not yet checked; `undefined` where there is nothing. */
  get(key: string): unknown;
  /** Keeps a value; it is in the file once this resolves. */
  put(key: string, value: unknown): Promise<void>;
}

/**
 * Answers kept in a folder: for each provider a file of JSON Lines, to which lines are only added, so that a process
 * that is killed leaves all it had. A line cut off by that is dropped when the file is read; what is added next begins
 * a line of its own. Of two lines with one key the later holds. The file is held in memory while it is in use.
 */
export class CompletionCache {
  private readonly sections = new Map<string, Promise<CacheSection>>();

  constructor(
    private readonly files: FileSystem,
    readonly folder: string,
  ) {}

  /** @param fingerprint of the provider; its hash names the file */
  section(fingerprint: string): Promise<CacheSection> {
    const name = `${createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)}.jsonl`;
    let section = this.sections.get(name);
    if (section === undefined) {
      section = this.open(join(this.folder, name));
      this.sections.set(name, section);
    }
    return section;
  }

  private async open(path: string): Promise<CacheSection> {
    const { files } = this;
    await files.makeDirectory(this.folder);
    const values = await readValues(files, path);
    let isLineOpen = !(await endsWithLineFeed(files, path));
    let written = Promise.resolve();
    return {
      get: (key) => values.get(key),
      async put(key, value) {
        values.set(key, value);
        const append = async (): Promise<void> => {
          await files.append(path, `${isLineOpen ? '\n' : ''}${JSON.stringify({ key, value })}\n`);
          isLineOpen = false;
        };
        // One after the other, or lines could mix; a write that failed does not hold up the next.
        written = written.then(append, append);
        await written;
      },
    };
  }
}

async function readValues(files: FileSystem, path: string): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>();
  if ((await files.stat(path))?.kind !== 'file') return values;
  for await (const { text } of readLines(fileChunks(files, path), path)) {
    const entry = parseJson(text ?? '');
    if (isJsonObject(entry) && typeof entry['key'] === 'string') values.set(entry['key'], entry['value']);
  }
  return values;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function endsWithLineFeed(files: FileSystem, path: string): Promise<boolean> {
  if (((await files.stat(path))?.size ?? 0) === 0) return true;
  const file = await files.open(path);
  try {
    return (await file.read(file.size - 1, 1))[0] === LINE_FEED;
  } finally {
    await file.close();
  }
}
