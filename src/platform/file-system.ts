import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { ToolkitError } from '../core/errors/toolkit-error.js';

/** A file opened for reads at any position. */
export interface RandomAccessFile {
  /** Length in bytes when opened. */
  readonly size: number;
  /** Reads exactly `length` bytes at `position`; throws `BAD_CHECKPOINT` when the file ends before. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What kind of thing a path is. */
export interface PathInfo {
  readonly kind: 'file' | 'directory';
  /** Bytes, for a file. */
  readonly size: number;
  /** Milliseconds since 1970 at which it was last changed. */
  readonly modified: number;
}

/** What a file's content may be given as. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** The file operations that the core and the lifecycle need; paths are the caller's, never taken from data. */
export interface FileSystem {
  /** `undefined` when there is nothing at that path. */
  stat(path: string): Promise<PathInfo | undefined>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<string[]>;
  readText(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  open(path: string): Promise<RandomAccessFile>;
  makeDirectory(path: string): Promise<void>;
  /** Writes to a temporary file beside `path`, syncs it, then renames it over `path`: all or nothing. */
  writeAtomic(path: string, content: FileContent): Promise<void>;
  append(path: string, text: string): Promise<void>;
  /** The path that symbolic links lead to; `undefined` where there is nothing. */
  realPath?(path: string): Promise<string | undefined>;
  /** Renames `from` to `to`; the target must not exist unless it is a file. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with all it holds; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Bytes that can still be written where a folder is, or will be; `undefined` where nobody can tell. */
  freeBytes?(path: string): Promise<number | undefined>;
}

class NodeRandomAccessFile implements RandomAccessFile {
  constructor(
    private readonly path: string,
    private readonly handle: fs.FileHandle,
    readonly size: number,
  ) {}

  async read(position: number, length: number): Promise<Uint8Array> {
    if (position < 0 || length < 0 || position + length > this.size) {
      throw new ToolkitError(
        `${this.path}: needs ${length} bytes at offset ${position}, but the file has ${this.size}`,
        'BAD_CHECKPOINT',
        'The file is cut off or damaged; get it again.',
      );
    }
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      // One read(2) moves at most 2^31 - 4096 bytes on Linux.
      const { bytesRead } = await this.handle.read(
        bytes,
        done,
        Math.min(length - done, 2 ** 30),
        position + done,
      );
      if (bytesRead === 0) {
        throw new ToolkitError(`${this.path}: the file became shorter while it was read`, 'BAD_CHECKPOINT');
      }
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

function describeSystemError(action: string, path: string, error: unknown): ToolkitError {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return new ToolkitError(`${path}: no such file or folder`, 'NOT_FOUND', 'Check the path.', error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ToolkitError(
        `${path}: no permission to ${action}`,
        'WRITE_FAILED',
        'Check its owner and mode.',
        error,
      );
    case 'ENOSPC':
      return new ToolkitError(
        `${path}: the disk is full`,
        'OUT_OF_RESOURCES',
        'Free some space and run again.',
        error,
      );
    case 'EISDIR':
      return new ToolkitError(`${path}: is a folder, a file is needed`, 'USAGE', undefined, error);
    case 'ENOTDIR':
      return new ToolkitError(`${path}: is a file, a folder is needed`, 'USAGE', undefined, error);
    default:
      return new ToolkitError(
        `${path}: cannot ${action} (${code ?? String(error)})`,
        'WRITE_FAILED',
        undefined,
        error,
      );
  }
}

async function attempt<T>(action: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ToolkitError) throw error;
    throw describeSystemError(action, path, error);
  }
}

async function syncDirectory(path: string): Promise<void> {
  // A rename is durable once its folder is; Windows cannot open folders for that and does not need it.
  if (process.platform === 'win32') return;
  const handle = await fs.open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The machine's own file system. */
export const nodeFileSystem: FileSystem = {
  async stat(path) {
    try {
      const info = await fs.stat(path);
      return {
        kind: info.isDirectory() ? 'directory' : 'file',
        size: info.size,
        modified: Math.floor(info.mtimeMs),
      };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw describeSystemError('look at it', path, error);
    }
  },
  list: (path) => attempt('list it', path, async () => (await fs.readdir(path)).sort()),
  readText: (path) => attempt('read it', path, () => fs.readFile(path, 'utf8')),
  readBytes: (path) => attempt('read it', path, async () => new Uint8Array(await fs.readFile(path))),
  open: (path) =>
    attempt('open it', path, async () => {
      const handle = await fs.open(path, 'r');
      const info = await handle.stat();
      if (!info.isDirectory()) return new NodeRandomAccessFile(path, handle, info.size);
      await handle.close();
      throw new ToolkitError(`${path}: is a folder, a file is needed`, 'USAGE');
    }),
  makeDirectory: (path) =>
    attempt('create the folder', path, async () => {
      try {
        await fs.mkdir(path, { recursive: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        // So Node says it of a disk that is only to be read, too: a single folder tells the true reason.
        await fs.mkdir(path);
      }
    }),
  writeAtomic: (path, content) =>
    attempt('write it', path, async () => {
      const folder = dirname(path);
      await fs.mkdir(folder, { recursive: true });
      const temporary = join(folder, `.${randomBytes(6).toString('hex')}.partial`);
      try {
        const handle = await fs.open(temporary, 'wx');
        try {
          if (typeof content === 'string' || content instanceof Uint8Array) await handle.writeFile(content);
          else for await (const piece of content) await handle.writeFile(piece);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await fs.rename(temporary, path);
      } catch (error) {
        await fs.rm(temporary, { force: true });
        throw error;
      }
      await syncDirectory(folder);
    }),
  append: (path, text) => attempt('append to it', path, () => fs.appendFile(path, text)),
  rename: (from, to) =>
    attempt('rename it', from, async () => {
      await fs.rename(from, to);
      await syncDirectory(dirname(to));
    }),
  realPath: async (path) => {
    try {
      return await fs.realpath(path);
    } catch {
      return undefined;
    }
  },
  remove: (path) => attempt('remove it', path, () => fs.rm(path, { recursive: true, force: true })),
  async freeBytes(path) {
    for (let folder = resolve(path); ; folder = dirname(folder)) {
      try {
        const { bavail, bsize } = await fs.statfs(folder);
        return bavail * bsize;
      } catch (error) {
        // A folder that is still to be made will lie on its parent's disk.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder)
          return undefined;
      }
    }
  },
};
