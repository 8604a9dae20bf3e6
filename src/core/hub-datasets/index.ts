/** Datasets on the Hugging Face hub: their ids, and their parts brought here. */
export type { WantedParts } from './choose-files.js';
export { formatDatasetId, isDatasetId, parseDatasetId, type DatasetId } from './dataset-id.js';
export { fetchDataset, type DatasetPorts } from './fetch-dataset.js';
export { localDataset, type FetchDataset } from './local-dataset.js';
