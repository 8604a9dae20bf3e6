import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { ToolkitError } from '../core/errors/toolkit-error.js';

/** The beginning of a file whose rest is still to come. No other process touches it. */
export interface PartialFile {
  /** Bytes it has. */
  readonly size: number;
  /** All bytes it has, from the first. */
  read(): AsyncIterable<Uint8Array>;
  append(bytes: Uint8Array): Promise<void>;
  /** Empties it. */
  clear(): Promise<void>;
  /** Makes it durable and gives it its final place, in one step: `path` is the old file or the new one. */
  moveTo(path: string): Promise<void>;
  /** Leaves it for another attempt, now or in another process. */
  release(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/** File operations of downloads. */
export interface DownloadFiles {
  /**
   * Takes over what an earlier attempt left of a file, or begins a new one.
   * @param folder where beginnings lie; it is made if need be
   * @param name of the file's content: equal names have equal content
   */
  claimPartial(folder: string, name: string): Promise<PartialFile>;
  /**
   * Makes the folders between `root` and a file in it.
   * @param parts names of the folders and last of the file, checked by the caller
   * @returns the path of the file
   * @throws WRITE_FAILED when a link among them leads out of `root`
   */
  prepare(root: string, parts: readonly string[]): Promise<string>;
  /** Makes `path` show the content of `target`: as a relative symbolic link, or where the system forbids that as a file. */
  link(target: string, path: string): Promise<void>;
  /** All files below a folder, links to files among them, as paths with `/`. */
  walk(folder: string): Promise<string[]>;
}

/** How long a partial file lies untouched before it belongs to nobody, in milliseconds: twice the longest silence. */
const ABANDONED_AFTER = 60_000;

const SUFFIX = '.incomplete';
/** Owner of a partial file that was left on purpose. */
const NOBODY = 'free';
const HOST = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');

function writeError(path: string, error: unknown): Error {
  if (error instanceof ToolkitError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ToolkitError(
      `${path}: the disk is full`,
      'OUT_OF_RESOURCES',
      'Free some space and run again.',
      error,
    );
  }
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new ToolkitError(
      `${path}: a file is in the way of a folder`,
      'USAGE',
      'Choose another folder, or move the file away.',
      error,
    );
  }
  return new ToolkitError(
    `${path}: cannot be written (${code})`,
    'WRITE_FAILED',
    'Check the folder’s owner and mode.',
    error,
  );
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw writeError(path, error);
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the partial file belongs to a process that may still write to it. */
async function isOwned(path: string, owner: string): Promise<boolean> {
  if (owner === NOBODY) return false;
  const [, host, id] = /^[0-9a-f]{8}-(.*)-(\d+)$/.exec(owner) ?? [];
  if (host === HOST && id !== undefined) return isAlive(Number(id));
  const info = await fs.lstat(path).catch(() => undefined);
  return info === undefined || Date.now() - info.mtimeMs < ABANDONED_AFTER;
}

/** Takes over one of the partial files by renaming it, which succeeds for one process alone. */
async function takeOver(folder: string, name: string, own: string): Promise<boolean> {
  const names = await fs.readdir(folder);
  for (const candidate of names.filter((file) => file.startsWith(`${name}.`) && file.endsWith(SUFFIX))) {
    const path = join(folder, candidate);
    const owner = candidate.slice(name.length + 1, -SUFFIX.length);
    if (await isOwned(path, owner)) continue;
    if (!(await fs.lstat(path).catch(() => undefined))?.isFile()) continue;
    const taken = await fs.rename(path, own).then(
      () => true,
      () => false,
    );
    if (taken) return true;
  }
  return false;
}

class NodePartialFile implements PartialFile {
  private constructor(
    private readonly path: string,
    private readonly released: string,
    private readonly handle: fs.FileHandle,
    public size: number,
  ) {}

  static async claim(folder: string, name: string): Promise<NodePartialFile> {
    await fs.mkdir(folder, { recursive: true });
    // Random as well: one process may download the same file twice at once.
    const own = join(folder, `${name}.${randomBytes(4).toString('hex')}-${HOST}-${process.pid}${SUFFIX}`);
    const isOld = await takeOver(folder, name, own);
    const { O_RDWR, O_CREAT, O_EXCL } = constants;
    const noFollow = (constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0; // Windows has none.
    const handle = await fs.open(own, O_RDWR | (isOld ? noFollow : O_CREAT | O_EXCL), 0o644);
    const { size } = await handle.stat();
    return new NodePartialFile(own, join(folder, `${name}.${NOBODY}${SUFFIX}`), handle, size);
  }

  async *read(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(1 << 20);
    for (let position = 0; position < this.size;) {
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  append(bytes: Uint8Array): Promise<void> {
    return attempt(this.path, async () => {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.size);
        done += bytesWritten;
        this.size += bytesWritten;
      }
    });
  }

  clear(): Promise<void> {
    return attempt(this.path, async () => {
      await this.handle.truncate(0);
      this.size = 0;
    });
  }

  moveTo(path: string): Promise<void> {
    return attempt(path, async () => {
      await this.handle.sync().finally(() => this.handle.close());
      await fs.rename(this.path, path).catch(async (error: unknown) => {
        // Windows moves nothing over a file that is open, for which another download of the same content is the cause.
        if ((await fs.stat(path).catch(() => undefined))?.size !== this.size) throw error;
        await fs.rm(this.path, { force: true });
      });
    });
  }

  async release(): Promise<void> {
    await this.handle.close();
    if (this.size === 0) await fs.rm(this.path, { force: true });
    else await fs.rename(this.path, this.released).catch(() => undefined);
  }

  async discard(): Promise<void> {
    await this.handle.close();
    await fs.rm(this.path, { force: true });
  }
}

/** Whether `path`, links resolved, lies in `root` or is it. */
async function isInside(root: string, path: string): Promise<boolean> {
  const way = relative(await fs.realpath(root), await fs.realpath(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Files of this machine. */
export const nodeDownloadFiles: DownloadFiles = {
  claimPartial: (folder, name) => attempt(folder, () => NodePartialFile.claim(folder, name)),

  prepare: (root, parts) =>
    attempt(root, async () => {
      await fs.mkdir(root, { recursive: true });
      let folder = root;
      for (const part of parts.slice(0, -1)) {
        folder = join(folder, part);
        await fs.mkdir(folder).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        });
        // Checked at every step, lest the next folder be made on the other side of a link.
        if (await isInside(root, folder)) continue;
        throw new ToolkitError(
          `${folder}: is a link that leads out of ${root}`,
          'WRITE_FAILED',
          'Remove the link, or choose another folder.',
        );
      }
      return join(folder, parts.at(-1) ?? '');
    }),

  link: (target, path) =>
    attempt(path, async () => {
      const folder = dirname(path);
      const temporary = join(folder, `.${randomBytes(6).toString('hex')}.link`);
      try {
        await fs
          .symlink(relative(folder, target), temporary)
          .catch(() => fs.link(target, temporary))
          .catch(() => fs.copyFile(target, temporary));
        await fs.rename(temporary, path);
      } finally {
        await fs.rm(temporary, { force: true });
      }
    }),

  async walk(folder) {
    const paths: string[] = [];
    const visit = async (parts: readonly string[]): Promise<void> => {
      for (const name of (await fs.readdir(join(folder, ...parts))).sort()) {
        const path = join(folder, ...parts, name);
        // Links to folders are not followed: they may lead back to where they are.
        if ((await fs.lstat(path)).isDirectory()) await visit([...parts, name]);
        else if ((await fs.stat(path).catch(() => undefined))?.isFile() === true) {
          paths.push([...parts, name].join('/'));
        }
      }
    };
    await visit([]);
    return paths;
  },
};
