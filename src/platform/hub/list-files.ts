import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { HubClient } from './hub-client.js';
import { answerError } from './hub-errors.js';
import { commitOfDataset, describeRepository } from './describe-repository.js';
import type { RepositoryName } from './model-id.js';

/** Most files of a repository that are listed; published models have up to some hundreds. */
const MAXIMUM_FILES = 20_000;

/** A file of a repository as the hub lists it; its path is not to be trusted. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** What its content must add up to: SHA-256 for large files, git's SHA-1 of a blob for those kept in git. */
  readonly digest: { readonly kind: 'sha256' | 'git-sha1'; readonly hex: string };
}

/** All files of a repository at one commit. */
export interface FileListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(entry: Record<string, unknown>): HubFile | undefined {
  const { path, size, oid } = entry;
  const lfs = entry['lfs'] as { oid?: unknown; size?: unknown } | null | undefined;
  if (typeof path !== 'string') return undefined;
  if (lfs != null) {
    if (!isSize(lfs.size) || typeof lfs.oid !== 'string' || !/^[0-9a-f]{64}$/.test(lfs.oid)) return undefined;
    return { path, size: lfs.size, digest: { kind: 'sha256', hex: lfs.oid } };
  }
  if (!isSize(size) || typeof oid !== 'string' || !/^[0-9a-f]{40}$/.test(oid)) return undefined;
  return { path, size, digest: { kind: 'git-sha1', hex: oid } };
}

/**
 * Lists the files of a revision with their sizes and digests.
 * @throws NOT_FOUND, NETWORK
 */
export async function listFiles(
  client: HubClient,
  { kind, id }: RepositoryName,
  revision: string,
  signal: AbortSignal | undefined,
): Promise<FileListing> {
  const commit =
    kind === 'dataset'
      ? await commitOfDataset(client, id, revision, signal)
      : (await describeRepository(client, id, revision, signal)).commit;
  const library = await import('@huggingface/hub');
  const files: HubFile[] = [];
  try {
    for await (const entry of library.listFiles({
      repo: { type: kind, name: id },
      recursive: true,
      revision: commit,
      hubUrl: client.settings.endpoint,
      fetch: client.libraryFetch({ kind, id, revision }, signal),
    })) {
      if (entry.type !== 'file') continue;
      const file = parseEntry({ ...entry });
      if (file === undefined) throw answerError(client.host, 'it lists a file without its size or digest');
      if (files.push(file) > MAXIMUM_FILES) {
        throw answerError(client.host, `it lists more than ${MAXIMUM_FILES} files for ${id}`);
      }
    }
  } catch (error) {
    if (error instanceof ToolkitError || signal?.aborted === true) throw error;
    throw answerError(client.host, 'it does not list files');
  }
  return { commit, files };
}
