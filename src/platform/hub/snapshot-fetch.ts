import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolkitError } from '../../core/errors/toolkit-error.js';

/**
 * A `fetch` that answers from a folder, so that what reads a model over the network reads a downloaded one as well.
 * @param base address that stands for the folder, with a final slash
 * @returns answers with whole files and with ranges of bytes; throws NOT_FOUND for a file that is not there
 */
export function snapshotFetch(folder: string, base: string): typeof globalThis.fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const path = join(folder, decodeURIComponent(url.slice(base.length)));
    const file = await open(path).catch((cause: unknown) => {
      throw new ToolkitError(`${path}: is not in the cache`, 'NOT_FOUND', undefined, cause);
    });
    try {
      const { size } = await file.stat();
      const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '');
      const begin = Number(range?.[1] ?? 0);
      const end = Math.min(size, range === null ? size : Number(range[2]) + 1);
      const bytes = Buffer.alloc(Math.max(0, end - begin));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, begin);
      return new Response(bytes.subarray(0, bytesRead), {
        status: range === null ? 200 : 206,
        headers: { etag: '"cached"', 'content-range': `bytes ${begin}-${end - 1}/${size}` },
      });
    } finally {
      await file.close();
    }
  };
}
