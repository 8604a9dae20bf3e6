import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeFileSystem, type FileSystem } from '../../../src/platform/file-system.js';

/** Thrown by every change from the crash on, as if the process were gone. */
export class Crash extends Error {}

/**
 * The real file system (but for waiting on the disk) until the process "dies" in the change of that number, counted
 * from 0, leaving it half done in the worst way it can be: part of an appended line, a temporary file beside the one
 * meant, a folder with some of its files removed.
 */
export function crashingFileSystem(crashAt: number): FileSystem & { readonly changes: () => number } {
  let changes = 0;
  const change = async (halfway: () => void, whole: () => void | Promise<void>): Promise<void> => {
    const number = changes++;
    if (number < crashAt) return whole();
    if (number === crashAt) halfway();
    throw new Crash();
  };
  const nothing = (): void => undefined;
  return {
    ...nodeFileSystem,
    changes: () => changes,
    makeDirectory: (path) => change(nothing, () => void mkdirSync(path, { recursive: true })),
    writeAtomic: (path, content) => {
      const temporary = join(dirname(path), '.half-written.partial');
      const begin = (): void => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(temporary, 'x');
      };
      return change(begin, async () => {
        begin();
        const pieces: (string | Uint8Array)[] = [];
        if (typeof content === 'string' || content instanceof Uint8Array) pieces.push(content);
        else for await (const piece of content) pieces.push(piece.slice());
        writeFileSync(temporary, '');
        for (const piece of pieces) appendFileSync(temporary, piece);
        renameSync(temporary, path);
      });
    },
    append: (path, text) =>
      change(
        () => appendFileSync(path, text.slice(0, text.length / 2)),
        () => appendFileSync(path, text),
      ),
    rename: (from, to) => change(nothing, () => renameSync(from, to)),
    remove: (path) =>
      change(
        () => {
          if (!existsSync(path) || !statSync(path).isDirectory()) return;
          for (const name of readdirSync(path).slice(1)) rmSync(join(path, name), { recursive: true });
        },
        () => rmSync(path, { recursive: true, force: true }),
      ),
  };
}
