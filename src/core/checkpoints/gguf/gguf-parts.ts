import { basename, dirname, join } from 'node:path';
import type { FileSystem, RandomAccessFile } from '../../../platform/file-system.js';
import { badGguf, readGgufHeader, type GgufHeader, type GgufTensor } from '../gguf-header.js';
import { quoteName } from '../quote-name.js';

/** Whether there is a file at `path` that begins as GGUF files do. */
export async function isGgufFile(files: FileSystem, path: string): Promise<boolean> {
  const info = await files.stat(path);
  if (info?.kind !== 'file' || info.size < 4) return false;
  const file = await files.open(path);
  try {
    return new TextDecoder().decode(await file.read(0, 4)) === 'GGUF';
  } finally {
    await file.close();
  }
}

/** One file of several that hold a model together, as llama.cpp names them. */
const PART_NAME = /^(?<stem>.*-)\d{5}-of-(?<count>\d{5})\.gguf$/;
/** More than the parts of any published model. */
const MOST_PARTS = 1000;

/** Paths of all files of a model, of which `path` is one; the first of them holds the metadata. */
export function ggufPartPaths(path: string): string[] {
  const { stem, count } = PART_NAME.exec(basename(path))?.groups ?? {};
  const parts = Number(count);
  if (stem === undefined || !(parts > 0) || parts > MOST_PARTS) return [path];
  return Array.from({ length: parts }, (_, index) =>
    join(dirname(path), `${stem}${String(index + 1).padStart(5, '0')}-of-${count}.gguf`),
  );
}

/** A model's files, of which only the headers are in memory. */
export interface GgufParts {
  readonly metadata: GgufHeader['metadata'];
  /** Of all files. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** The bytes of a tensor as they lie in its file. */
  readBytes(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a GGUF file, and with it those that it is split into.
 *
 * @param held keys of long lists to hold (see `readGgufHeader`)
 * @throws ToolkitError NOT_FOUND for a part that is not there; what `readGgufHeader` throws
 */
export async function openGgufParts(
  files: FileSystem,
  path: string,
  held?: ReadonlySet<string>,
): Promise<GgufParts> {
  const open: RandomAccessFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.map((file) => file.close()));
  };
  const headers: GgufHeader[] = [];
  const homes = new Map<string, { file: RandomAccessFile; start: number; tensor: GgufTensor }>();
  const paths = ggufPartPaths(path);
  try {
    for (const part of paths) {
      const file = await files.open(part);
      open.push(file);
      const header = await readGgufHeader(file, part, held);
      headers.push(header);
      for (const [name, tensor] of header.tensors) {
        if (homes.has(name))
          throw badGguf(part, `holds the tensor ${quoteName(name)}, which another part holds too`);
        homes.set(name, { file, start: header.dataOffset + tensor.offset, tensor });
      }
    }
    const splits = headers[0]!.metadata.get('split.count');
    if (typeof splits === 'number' && splits > 1 && splits !== paths.length) {
      throw badGguf(path, `says that it is one of ${splits} files, but its name does not say which`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    metadata: headers[0]!.metadata,
    tensors: new Map([...homes].map(([name, { tensor }]) => [name, tensor])),
    async readBytes(name) {
      const home = homes.get(name);
      if (home === undefined) throw badGguf(path, `has no tensor ${quoteName(name)}`);
      return home.file.read(home.start, home.tensor.bytes);
    },
    close,
  };
}
