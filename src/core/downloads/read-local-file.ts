import type { FileSystem } from '../../platform/file-system.js';

/** Bytes read at once. */
const PIECE_BYTES = 1 << 22;

/** The bytes of a file from `offset` to its end. */
export async function* readLocalFile(
  fileSystem: FileSystem,
  path: string,
  offset: number,
): AsyncGenerator<Uint8Array, void> {
  const file = await fileSystem.open(path);
  try {
    for (let position = offset; position < file.size; position += PIECE_BYTES) {
      yield await file.read(position, Math.min(PIECE_BYTES, file.size - position));
    }
  } finally {
    await file.close();
  }
}
