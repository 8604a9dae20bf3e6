import { createHash } from 'node:crypto';
import type { FileSystem } from '../../platform/file-system.js';
import { fileChunks } from './file-chunks.js';
import type { FileRow, FileRowOptions } from './files/file-format.js';
import { fileFormatOf } from './files/file-formats.js';
import { readLines } from './files/lines.js';

/** A file that rows were read from. */
export interface RowSource {
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The rows of a file as they stand in it, whatever their columns. */
export interface RowFile extends AsyncIterable<FileRow> {
  /** Known once all rows have been read. */
  source(): RowSource;
}

/**
 * Reads the rows of a file of any known kind, one after the other.
 *
 * @throws ToolkitError while it is read: `NOT_FOUND`; `UNSUPPORTED` for a kind of file that cannot be read;
 *   `BAD_DATASET` for a file that is damaged as a whole
 */
export function readRows(files: FileSystem, path: string, options: FileRowOptions = {}): RowFile {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* hashedChunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of fileChunks(files, path)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  async function* rows(): AsyncGenerator<FileRow> {
    const format = fileFormatOf(path);
    if (format.access === 'lines') {
      yield* format.rows(readLines(hashedChunks(), path), path, options);
      return;
    }
    for await (const _ of hashedChunks());
    if (bytes === 0) return;
    const file = await files.open(path);
    try {
      yield* format.rows(file, path);
    } finally {
      await file.close();
    }
  }
  return { [Symbol.asyncIterator]: rows, source: () => ({ path, bytes, sha256: hash.copy().digest('hex') }) };
}
