import { z } from 'zod';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { didYouMean } from '../../core/near-matches.js';
import type { ModelHub } from '../../platform/model-hub.js';
import { parseOptions } from '../parse-options.js';
import { HUB_TASKS } from './hub-tasks.js';
import { SEARCH_LIMIT, SEARCH_ORDERS } from './search-limits.js';

const optionsSchema = z.object({
  /** Found in the ids, in any case of letters. */
  words: z.array(z.string()).default([]),
  task: z.string().optional(),
  /** Organisation or user whose models are meant. */
  author: z
    .string()
    .regex(/^[\w.-]+$/, 'is not the name of an organisation or user')
    .optional(),
  limit: z.number().int().min(1).max(SEARCH_LIMIT).default(20),
  sort: z.enum(SEARCH_ORDERS).default('downloads'),
});

/** Options of {@link searchModels}. */
export type SearchOptions = z.input<typeof optionsSchema>;

/** What {@link searchModels} needs. */
export interface SearchPorts {
  readonly hub: Pick<ModelHub, 'searchModels'>;
  readonly signal?: AbortSignal;
}

/** Models of a hub; `null` is what the hub does not say of one. */
export interface SearchResult {
  readonly models: readonly {
    readonly id: string;
    readonly task: string | null;
    /** Downloads in the last 30 days. */
    readonly downloads: number | null;
    readonly likes: number | null;
    readonly license: string | null;
    /** Whether the authors must allow the download. */
    readonly gated: boolean;
    readonly parameters: number | null;
    /** Last change, in ISO 8601. */
    readonly updated_at: string | null;
  }[];
}

function checkTask(task: string): void {
  if ((HUB_TASKS as readonly string[]).includes(task)) return;
  throw new ToolkitError(
    `--task: ${JSON.stringify(task)} is no task of the hub`,
    'USAGE',
    didYouMean(task, HUB_TASKS) ?? `The tasks are ${HUB_TASKS.join(', ')}.`,
  );
}

/**
 * Searches a hub for models.
 * @throws USAGE, NETWORK
 */
export async function searchModels(options: SearchOptions, ports: SearchPorts): Promise<SearchResult> {
  const { words, task, ...others } = parseOptions(optionsSchema, options);
  if (task !== undefined) checkTask(task);
  const query = { ...others, task, words: words.length === 0 ? undefined : words.join(' ') };
  const models = await ports.hub.searchModels(query, ports.signal);
  return {
    models: models.map(({ id, task, downloads, likes, license, gated, parameters, updatedAt }) => ({
      id,
      task: task ?? null,
      downloads: downloads ?? null,
      likes: likes ?? null,
      license: license ?? null,
      gated,
      parameters: parameters ?? null,
      updated_at: updatedAt ?? null,
    })),
  };
}
