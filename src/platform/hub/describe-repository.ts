import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { answerError } from './hub-errors.js';
import type { HubClient } from './hub-client.js';
import { isCommit } from './model-id.js';

/** A repository at the commit that a revision stands for. */
export interface Repository {
  readonly commit: string;
  /** Paths of its files, as the hub gives them: not to be trusted. */
  readonly paths: readonly string[];
}

/**
 * Asks the hub what commit a branch or tag of a model stands for, and what files there are.
 * @throws NOT_FOUND, NETWORK
 */
export async function describeRepository(
  client: HubClient,
  id: string,
  revision: string,
  signal: AbortSignal | undefined,
): Promise<Repository> {
  const { modelInfo } = await import('@huggingface/hub');
  const { sha, filePaths } = await modelInfo({
    name: id,
    revision,
    hubUrl: client.settings.endpoint,
    additionalFields: ['sha', 'filePaths'],
    fetch: client.libraryFetch({ id, revision }, signal),
  }).catch((error: unknown): { sha?: unknown; filePaths?: unknown } => {
    if (error instanceof ToolkitError || signal?.aborted === true) throw error;
    throw answerError(client.host, 'it does not describe a model');
  });
  if (typeof sha !== 'string' || !isCommit(sha)) throw answerError(client.host, 'it names no commit');
  if (!Array.isArray(filePaths) || !filePaths.every((path) => typeof path === 'string')) {
    throw answerError(client.host, 'it lists no files');
  }
  return { commit: sha, paths: filePaths };
}

/**
 * Asks the hub what commit a branch or tag of a dataset stands for.
 * @throws NOT_FOUND, NETWORK
 */
export async function commitOfDataset(
  client: HubClient,
  id: string,
  revision: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { datasetInfo } = await import('@huggingface/hub');
  const { sha } = await datasetInfo({
    name: id,
    revision,
    hubUrl: client.settings.endpoint,
    additionalFields: ['sha'],
    fetch: client.libraryFetch({ kind: 'dataset', id, revision }, signal),
  }).catch((error: unknown): { sha?: unknown } => {
    if (error instanceof ToolkitError || signal?.aborted === true) throw error;
    throw answerError(client.host, 'it does not describe a dataset');
  });
  if (typeof sha !== 'string' || !isCommit(sha)) throw answerError(client.host, 'it names no commit');
  return sha;
}
