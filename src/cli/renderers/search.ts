import type { SearchResult } from '../../lifecycle/select/search.js';
import type { CsvRecord } from '../csv.js';
import { formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';

export const SEARCH_COLUMNS: readonly Column[] = [
  { title: 'Model' },
  { title: 'task' },
  { title: 'parameters', align: 'right' },
  { title: 'downloads', align: 'right' },
  { title: 'likes', align: 'right' },
  { title: 'licence' },
  { title: 'updated' },
];

/** One row for each model; what the hub does not say is left empty. */
export function searchRows({ models }: SearchResult): string[][] {
  return models.map(({ id, task, parameters, downloads, likes, license, gated, updated_at: updated }) => [
    id,
    task ?? '',
    parameters === null ? '' : formatParameters(parameters),
    downloads === null ? '' : formatCount(downloads),
    likes === null ? '' : formatCount(likes),
    [license ?? '', gated ? '(gated)' : ''].filter((text) => text !== '').join(' '),
    updated?.slice(0, 'YYYY-MM-DD'.length) ?? '',
  ]);
}

/** The same as records for CSV. */
export function searchRecords({ models }: SearchResult): CsvRecord[] {
  return models.map(({ gated, ...model }) => ({ ...model, gated: String(gated) }));
}
