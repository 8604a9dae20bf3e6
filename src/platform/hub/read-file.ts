import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { pause, RETRIES, type HubClient } from './hub-client.js';
import { answerError, connectionError } from './hub-errors.js';
import type { RepositoryKind } from './model-id.js';

/** A file at one commit, from some byte on. */
export interface FileRequest {
  /** By default a model. */
  readonly kind?: RepositoryKind;
  readonly id: string;
  readonly commit: string;
  readonly path: string;
  /** First byte wanted; those before it are there already. */
  readonly offset: number;
}

const RANGE_NOT_SATISFIABLE = 416;

/** Where a partial answer begins; 0 for a whole one, which a server may give although a part was asked for. */
function beginOf(status: number, headers: Headers): number {
  if (status !== 206) return 0;
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? NaN);
}

/**
 * The bytes of a file from `offset` to its end. A connection that breaks is made again where it broke, and `If-Range`
 * makes sure that it is still the same file; only without progress is that given up. Ends early when the file is
 * shorter than `offset`: the caller knows its size and compares.
 * @throws NETWORK, NOT_FOUND
 */
export async function* readFile(
  client: HubClient,
  { kind = 'model', id, commit, path, offset }: FileRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const repository = kind === 'dataset' ? `datasets/${id}` : id;
  const url = `${client.settings.endpoint}/${repository}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
  let position = offset;
  let etag: string | undefined;
  for (let fruitless = 0; ;) {
    try {
      const answer = await client.request({
        url,
        headers:
          position === 0
            ? {}
            : { range: `bytes=${position}-`, ...(etag !== undefined && { 'if-range': etag }) },
        expected: [RANGE_NOT_SATISFIABLE],
        subject: { kind, id, path },
        signal,
      });
      const { status, headers, body } = answer;
      if (status === RANGE_NOT_SATISFIABLE) {
        await answer.discard();
        return;
      }
      const begin = beginOf(status, headers);
      if (!(begin <= position))
        throw answerError(client.host, 'it sends another part of a file than asked for');
      // A weak tag (W/…) promises no equal bytes, so that If-Range may not hold it.
      etag = headers.get('etag')?.match(/^"[^"]*"$/)?.[0];
      let superfluous = position - begin;
      for await (const piece of body) {
        const wanted = piece.subarray(Math.min(superfluous, piece.length));
        superfluous -= piece.length - wanted.length;
        if (wanted.length === 0) continue;
        fruitless = 0;
        position += wanted.length;
        yield wanted;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ToolkitError) throw error;
      if (fruitless === RETRIES) throw connectionError(client.host, error);
      await pause(client.timing.firstPause * 2 ** fruitless++, signal);
    }
  }
}
