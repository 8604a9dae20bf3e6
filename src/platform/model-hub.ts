import { readdir } from 'node:fs/promises';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { findCachedSnapshot, repositoryCacheFolder, type CachedSnapshot } from './hub/hub-cache.js';
import { HubClient, USUAL_TIMING, type HubTiming } from './hub/hub-client.js';
import { readHubSettings, type Environment } from './hub/hub-settings.js';
import { describeRepository } from './hub/describe-repository.js';
import { listFiles, type FileListing } from './hub/list-files.js';
import type { ModelFacts } from './hub/model-facts.js';
import { checkRepositoryId, checkRevision, type RepositoryKind } from './hub/model-id.js';
import { readFile, type FileRequest } from './hub/read-file.js';
import { readModelFacts } from './hub/read-model-facts.js';
import { searchModels, type FoundModel, type ModelQuery } from './hub/search-models.js';
import { snapshotFetch } from './hub/snapshot-fetch.js';

export type { CachedSnapshot } from './hub/hub-cache.js';
export type { FileListing, HubFile } from './hub/list-files.js';
export type { ModelFacts, StoredTensor } from './hub/model-facts.js';
export type { FileRequest } from './hub/read-file.js';
export type { FoundModel, ModelQuery } from './hub/search-models.js';

/** A place that models come from, with the cache of those that came before. */
export interface ModelHub {
  /**
   * The configuration of a model and the shapes of its tensors; of the weights only the headers are read. A snapshot
   * in the cache that has them is read instead of the network.
   * @param id `ORG/NAME`
   * @param revision a branch, tag or commit; `main` by default
   * @throws USAGE for an id that cannot be one, NOT_FOUND, NETWORK, BAD_CHECKPOINT, UNSUPPORTED without a config.json
   */
  readModelFacts(id: string, revision?: string, signal?: AbortSignal): Promise<ModelFacts>;
  /**
   * Models that match, in the order asked for.
   * @throws NETWORK
   */
  searchModels(query: ModelQuery, signal?: AbortSignal): Promise<FoundModel[]>;
  /**
   * The files of a revision with their sizes and digests.
   * @throws USAGE, NOT_FOUND, NETWORK
   */
  listFiles(id: string, revision: string, signal?: AbortSignal): Promise<FileListing>;
  /**
   * The bytes of a file from one on; a connection that breaks is made again where it broke.
   * @throws NETWORK, NOT_FOUND
   */
  readFile(request: FileRequest, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Folder of a model in the cache, whether or not there is one. */
  modelCacheFolder(id: string): string;
  /** What an earlier download left of a revision; asks nothing of the network. */
  findCachedSnapshot(id: string, revision?: string): Promise<CachedSnapshot | undefined>;
}

/** Repositories of datasets, with the cache of those that came before; see {@link ModelHub}. */
export interface DatasetHub extends Pick<ModelHub, 'listFiles' | 'readFile' | 'findCachedSnapshot'> {
  /** Folder of a dataset in the cache, whether or not there is one. */
  readonly cacheFolder: (id: string) => string;
}

/** What is the same of every kind of repository. */
function repositories(client: HubClient, kind: RepositoryKind): DatasetHub {
  const { cacheFolder } = client.settings;
  return {
    findCachedSnapshot: (id, revision) => findCachedSnapshot(cacheFolder, { kind, id }, revision),
    cacheFolder: (id) => repositoryCacheFolder(cacheFolder, { kind, id }),
    readFile: (request, signal) => readFile(client, { ...request, kind }, signal),

    async listFiles(id, revision, signal) {
      checkRepositoryId({ kind, id });
      checkRevision(revision);
      return listFiles(client, { kind, id }, revision, signal);
    },
  };
}

/** The facts from the cache, or `undefined` where it lacks the model or some of the files they are in. */
async function readCachedFacts(
  cached: CachedSnapshot,
  id: string,
  endpoint: string,
): Promise<ModelFacts | undefined> {
  const { commit, folder } = cached;
  const paths = await readdir(folder);
  const hasWeights = paths.some((path) => /\.safetensors(\.index\.json)?$/.test(path));
  if (!paths.includes('config.json') || !hasWeights) return undefined;
  try {
    const base = `${endpoint}/${id}/resolve/${commit}/`;
    return await readModelFacts({ id, commit, paths, endpoint, fetch: snapshotFetch(folder, base) });
  } catch (error) {
    if (error instanceof ToolkitError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * The Hugging Face hub, or a server with the same interface. Reads the variables that Hugging Face's own tools read:
 * HF_ENDPOINT, HF_TOKEN (or the token file of a login), HF_HUB_OFFLINE, HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME.
 * @param fetch how requests are made
 * @param timing for tests, which cannot wait
 * @throws USAGE when HF_ENDPOINT is no address
 */
export function huggingFaceHub(
  environment: Environment,
  fetch: typeof globalThis.fetch = globalThis.fetch,
  timing: HubTiming = USUAL_TIMING,
): ModelHub {
  const settings = readHubSettings(environment);
  const client = new HubClient(settings, fetch, timing);
  const { endpoint } = settings;
  const { cacheFolder, ...files } = repositories(client, 'model');
  return {
    ...files,
    modelCacheFolder: (id) => cacheFolder(id),
    searchModels: (query, signal) => searchModels(client, query, signal),

    async readModelFacts(id, revision = 'main', signal) {
      checkRepositoryId({ kind: 'model', id });
      checkRevision(revision);
      const cached = await files.findCachedSnapshot(id, revision);
      const facts = cached && (await readCachedFacts(cached, id, endpoint));
      if (facts !== undefined) return facts;
      const { commit, paths } = await describeRepository(client, id, revision, signal);
      return readModelFacts({
        id,
        commit,
        paths,
        endpoint,
        fetch: client.libraryFetch({ id, revision }, signal),
      });
    },
  };
}

/** The datasets of the same hub; see {@link huggingFaceHub}. */
export function huggingFaceDatasets(
  environment: Environment,
  fetch: typeof globalThis.fetch = globalThis.fetch,
  timing: HubTiming = USUAL_TIMING,
): DatasetHub {
  return repositories(new HubClient(readHubSettings(environment), fetch, timing), 'dataset');
}
