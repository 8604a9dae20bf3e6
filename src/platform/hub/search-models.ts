import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { HubClient } from './hub-client.js';
import { answerError } from './hub-errors.js';

/** Orders of search results, the largest or newest first, and what the hub calls them. */
const SORT_FIELDS = {
  downloads: 'downloads',
  likes: 'likes',
  trending: 'trendingScore',
  updated: 'lastModified',
  created: 'createdAt',
  parameters: 'num_parameters',
} as const;

/** What is searched for. */
export interface ModelQuery {
  /** Found in the id, in any case of letters. */
  readonly words?: string | undefined;
  /** Task as the hub names it, e.g. `text-generation`. */
  readonly task?: string | undefined;
  /** Organisation or user. */
  readonly author?: string | undefined;
  readonly sort: keyof typeof SORT_FIELDS;
  /** Most models given. */
  readonly limit: number;
}

/** A model as a search shows it; `undefined` is what the hub does not say. Texts are the authors': not to be trusted. */
export interface FoundModel {
  readonly id: string;
  readonly task: string | undefined;
  /** Downloads in the last 30 days. */
  readonly downloads: number | undefined;
  readonly likes: number | undefined;
  /** As the model's card says, e.g. `apache-2.0`. */
  readonly license: string | undefined;
  /** Whether the authors must allow the download. */
  readonly gated: boolean;
  /** Parameters in safetensors files. */
  readonly parameters: number | undefined;
  /** Last change, in ISO 8601. */
  readonly updatedAt: string | undefined;
}

const textOrNothing = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const countOrNothing = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

function licenseOf(tags: unknown): string | undefined {
  const texts = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  return texts.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
}

function isoDate(date: unknown): string | undefined {
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}

/**
 * Searches the hub.
 * @throws NETWORK
 */
export async function searchModels(
  client: HubClient,
  query: ModelQuery,
  signal: AbortSignal | undefined,
): Promise<FoundModel[]> {
  const { listModels } = await import('@huggingface/hub');
  const { words, task, author, sort, limit } = query;
  const search = {
    ...(words !== undefined && { query: words }),
    ...(author !== undefined && { owner: author }),
    // The library's type lists the tasks of its day; the hub may know more.
    ...(task !== undefined && { task: task as 'text-generation' }),
  };
  const found: FoundModel[] = [];
  try {
    for await (const entry of listModels({
      search,
      sort: SORT_FIELDS[sort],
      limit,
      hubUrl: client.settings.endpoint,
      additionalFields: ['tags', 'safetensors'],
      fetch: client.libraryFetch({}, signal),
    })) {
      const { name, task, downloads, likes, gated, updatedAt, tags, safetensors }: Record<string, unknown> = {
        ...entry,
      };
      if (typeof name !== 'string') throw answerError(client.host, 'it lists a model without an id');
      found.push({
        id: name,
        task: textOrNothing(task),
        downloads: countOrNothing(downloads),
        likes: countOrNothing(likes),
        license: licenseOf(tags),
        gated: gated !== undefined && gated !== false,
        parameters: countOrNothing((safetensors as { total?: unknown } | undefined | null)?.total),
        updatedAt: isoDate(updatedAt),
      });
    }
  } catch (error) {
    if (error instanceof ToolkitError || signal?.aborted === true) throw error;
    throw answerError(client.host, 'it does not list models');
  }
  return found;
}
