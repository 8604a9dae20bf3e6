import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { create, insertMultiple, load, removeMultiple, save, search, type AnyOrama } from '@orama/orama';
import { z } from 'zod';
import { UserError } from './model-server.js';
import type { Passage } from './passages.js';

/** A passage that was found. */
export interface FoundPassage extends Passage {
  readonly file: string;
  /** Cosine similarity to what was searched for. */
  readonly similarity: number;
}

/** Raised when the form of the stored file changes: older ones are then made anew. */
const VERSION = 1;

const storedSchema = z.object({
  version: z.literal(VERSION),
  embeddingModel: z.string(),
  dimensions: z.number().int().positive(),
  files: z.record(z.string(), z.object({ hash: z.string(), ids: z.array(z.string()) })),
  database: z.looseObject({}),
});

interface StoredPassage extends Passage {
  readonly file: string;
}

function emptyDatabase(dimensions: number): AnyOrama {
  return create({
    schema: {
      text: 'string',
      file: 'string',
      firstLine: 'number',
      lastLine: 'number',
      embedding: `vector[${dimensions}]`,
    },
  });
}

/** Passages with their embeddings in an Orama database, which one file keeps. */
export class PassageStore {
  /** Files whose passages are here, by name. */
  readonly #files = new Map<string, { readonly hash: string; readonly ids: readonly string[] }>();
  #database: AnyOrama | undefined;
  #dimensions = 0;

  constructor(
    readonly path: string,
    readonly embeddingModel: string,
  ) {}

  /** How many passages there are. */
  get size(): number {
    return [...this.#files.values()].reduce((sum, { ids }) => sum + ids.length, 0);
  }

  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** Hash of the file's content when it was read. */
  hashOf(file: string): string | undefined {
    return this.#files.get(file)?.hash;
  }

  /** Puts a file's passages in place of those that it had. */
  async replace(
    file: string,
    hash: string,
    passages: readonly Passage[],
    embeddings: readonly (readonly number[])[],
  ): Promise<void> {
    await this.remove(file);
    const dimensions = embeddings[0]?.length ?? this.#dimensions;
    this.#database ??= emptyDatabase(dimensions);
    this.#dimensions ||= dimensions;
    if (embeddings.some(({ length }) => length !== this.#dimensions)) {
      throw new UserError(
        `The embeddings of ${this.embeddingModel} differ in length. Remove ${this.path}, and begin anew.`,
      );
    }
    const documents = passages.map((passage, index) => ({
      ...passage,
      file,
      embedding: [...embeddings[index]!],
    }));
    const ids = documents.length === 0 ? [] : await insertMultiple(this.#database, documents);
    this.#files.set(file, { hash, ids });
  }

  async remove(file: string): Promise<void> {
    const ids = this.#files.get(file)?.ids ?? [];
    if (this.#database !== undefined && ids.length > 0) await removeMultiple(this.#database, [...ids]);
    this.#files.delete(file);
  }

  /** The passages nearest to an embedding, nearest first, and none that is less similar than told. */
  async nearest(
    embedding: readonly number[],
    count: number,
    leastSimilarity: number,
  ): Promise<FoundPassage[]> {
    if (this.#database === undefined) return [];
    const { hits } = await search(this.#database, {
      mode: 'vector',
      vector: { value: [...embedding], property: 'embedding' },
      similarity: leastSimilarity,
      limit: count,
    });
    return hits.map(({ document, score }) => {
      const { text, file, firstLine, lastLine } = document as unknown as StoredPassage;
      return { text, file, firstLine, lastLine, similarity: score };
    });
  }

  /** Writes everything to the file, which is the old one or the new one at any time. */
  async save(): Promise<void> {
    if (this.#database === undefined) return;
    const stored: z.input<typeof storedSchema> = {
      version: VERSION,
      embeddingModel: this.embeddingModel,
      dimensions: this.#dimensions,
      files: Object.fromEntries(
        [...this.#files].map(([file, { hash, ids }]) => [file, { hash, ids: [...ids] }]),
      ),
      database: { ...save(this.#database) },
    };
    const temporary = `${this.path}.${randomUUID()}.partial`;
    await writeFile(temporary, JSON.stringify(stored));
    await rename(temporary, this.path);
  }

  /** Takes over what was saved, unless another model made its embeddings: those compare with nothing of this one. */
  restore(saved: unknown): void {
    const { success, data } = storedSchema.safeParse(saved);
    if (!success)
      throw new UserError(`${this.path}: is no index of this program. Remove it; it is made anew.`);
    if (data.embeddingModel !== this.embeddingModel) return;
    this.#dimensions = data.dimensions;
    this.#database = emptyDatabase(data.dimensions);
    load(this.#database, data.database as unknown as ReturnType<typeof save>);
    for (const [file, entry] of Object.entries(data.files)) this.#files.set(file, entry);
  }
}

/** The store that a file keeps; empty where there is no such file yet. */
export async function openPassageStore(path: string, embeddingModel: string): Promise<PassageStore> {
  const store = new PassageStore(path, embeddingModel);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return store;
    throw error;
  }
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    saved = undefined;
  }
  store.restore(saved);
  return store;
}
