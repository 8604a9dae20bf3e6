import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type OpenAI from 'openai';
import { embed } from './embed.js';
import { UserError } from './model-server.js';
import type { PassageStore } from './passage-store.js';
import { passages } from './passages.js';
import { ENDINGS, readDocument } from './read-document.js';

/** Bytes of a document at most: a thousand pages of text are below. */
const LARGEST_FILE = 20_000_000;

/** What has become of the documents. */
export interface IndexReport {
  readonly added: number;
  readonly kept: number;
  readonly removed: number;
  /** Files of kinds that are not read, such as .pdf. */
  readonly unread: readonly string[];
}

/**
 * Brings the store up to date with a folder: only documents whose content has changed are read and embedded again.
 * What is done is saved, also where it is broken off.
 */
export async function indexDocuments(
  folder: string,
  store: PassageStore,
  client: OpenAI,
  onFile: (file: string) => void,
): Promise<IndexReport> {
  const { files, unread } = await listDocuments(folder);
  const gone = store.files.filter((file) => !files.includes(file));
  let added = 0;
  try {
    for (const file of gone) await store.remove(file);
    for (const file of files) {
      const path = join(folder, file);
      if ((await stat(path)).size > LARGEST_FILE) {
        throw new UserError(
          `${path}: is larger than ${LARGEST_FILE / 1e6} MB. Split it, or move it out of the folder.`,
        );
      }
      const bytes = await readFile(path);
      const hash = createHash('sha256').update(bytes).digest('hex');
      if (hash === store.hashOf(file)) continue;
      onFile(file);
      const found = readDocument(bytes, path, extname(file).toLowerCase()).flatMap(passages);
      const embeddings = await embed(
        client,
        store.embeddingModel,
        found.map(({ text }) => text),
      );
      await store.replace(file, hash, found, embeddings);
      added++;
    }
  } finally {
    if (added > 0 || gone.length > 0) await store.save();
  }
  return { added, kept: files.length - added, removed: gone.length, unread };
}

/** The files below a folder, hidden ones and links left out, by their path in it: documents, and what cannot be read. */
async function listDocuments(folder: string): Promise<{ files: string[]; unread: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => {
    throw new UserError(`${folder}: there is no such folder. Name the folder of the documents.`);
  });
  const all = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.split('/').some((part) => part.startsWith('.')))
    .sort();
  const isDocument = (file: string): boolean => ENDINGS.includes(extname(file).toLowerCase());
  const files = all.filter(isDocument);
  if (files.length === 0) {
    throw new UserError(`${folder}: holds no document (${ENDINGS.join(', ')}; convert others to one of these).`);
  }
  return { files, unread: all.filter((file) => !isDocument(file)) };
}
