import type { FetchDataset } from '../core/hub-datasets/local-dataset.js';
import type { ProgressListener } from '../core/progress/progress-event.js';
import type { Ports } from './ports.js';

/** Downloads datasets from the hub into its cache; nothing is asked of it before it is called. */
export function datasetFetcher(
  { fileSystem, environment }: Ports,
  onProgress: ProgressListener,
  signal: AbortSignal,
): FetchDataset {
  return async (dataset, wanted) => {
    const { huggingFaceDatasets } = await import('../platform/model-hub.js');
    const { nodeDownloadFiles: files } = await import('../platform/download-files.js');
    const { nodeMachineResources: resources } = await import('../platform/machine-resources.js');
    const { parseDatasetId } = await import('../core/hub-datasets/dataset-id.js');
    const { fetchDataset } = await import('../core/hub-datasets/fetch-dataset.js');
    const hub = huggingFaceDatasets(environment);
    return fetchDataset(parseDatasetId(dataset), wanted, {
      ...{ hub, fileSystem, files, resources, onProgress, signal },
    });
  };
}
