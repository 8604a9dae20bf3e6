import type { WantedParts } from './choose-files.js';
import { isDatasetId } from './dataset-id.js';

/** Brings parts of a dataset on the hub here, and gives the folder that they are in. */
export type FetchDataset = (dataset: string, wanted: WantedParts) => Promise<string>;

/** The path of a dataset: one on the hub is brought here, any other is a path already. */
export async function localDataset(
  dataset: string,
  wanted: WantedParts,
  fetch: FetchDataset,
): Promise<string> {
  return isDatasetId(dataset) ? fetch(dataset, wanted) : dataset;
}
