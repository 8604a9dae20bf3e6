import type { FileSystem } from '../../platform/file-system.js';

/** Bytes read at once: enough that the calls cost nothing, too few to matter in memory. */
const CHUNK_BYTES = 2 ** 20;

/** The content of a file, piece by piece. */
export async function* fileChunks(files: FileSystem, path: string): AsyncGenerator<Uint8Array> {
  const file = await files.open(path);
  try {
    for (let position = 0; position < file.size; position += CHUNK_BYTES) {
      yield await file.read(position, Math.min(CHUNK_BYTES, file.size - position));
    }
  } finally {
    await file.close();
  }
}
