import { ToolkitError } from '../errors/toolkit-error.js';

/** A dataset on the hub. */
export interface DatasetId {
  /** `ORG/NAME` */
  readonly id: string;
  /** Branch, tag or commit; `undefined` for the hub's own conversion to Parquet, else the main branch. */
  readonly revision: string | undefined;
  /** One of the dataset's configurations. */
  readonly configuration: string | undefined;
}

/** How datasets on the hub are named. */
const DATASET_ID_FORM = 'hf:ORG/NAME[@REVISION][:CONFIGURATION]';

const PREFIX = 'hf:';

/** Whether a dataset is one on the hub, not a file. */
export function isDatasetId(dataset: string): boolean {
  return dataset.startsWith(PREFIX);
}

/**
 * Reads `hf:ORG/NAME[@REVISION][:CONFIGURATION]`. Whether hub and revision can be is for the hub's client to check.
 *
 * @throws ToolkitError `USAGE`
 */
export function parseDatasetId(dataset: string): DatasetId {
  const match = /^hf:([^/@:]+\/[^/@:]+)(?:@([^@:]+))?(?::([^/:\\]+))?$/.exec(dataset);
  if (match === null || match[3] === '..' || match[3] === '.') {
    throw new ToolkitError(
      `--dataset ${dataset}: is no id of a dataset on the hub`,
      'USAGE',
      `Its form is ${DATASET_ID_FORM}, for example hf:stanfordnlp/imdb or hf:nyu-mll/glue:sst2; its parts are chosen with --split.`,
    );
  }
  return { id: match[1]!, revision: match[2], configuration: match[3] };
}

/** The other way round. */
export function formatDatasetId({ id, revision, configuration }: DatasetId): string {
  return `${PREFIX}${id}${revision === undefined ? '' : `@${revision}`}${configuration === undefined ? '' : `:${configuration}`}`;
}
