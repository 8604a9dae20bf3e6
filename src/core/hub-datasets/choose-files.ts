import { fileFormatOf } from '../dataset-formats/files/file-formats.js';
import { findParts, partsOf, type DatasetPart } from '../dataset-formats/part-files.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { formatDatasetId, type DatasetId } from './dataset-id.js';

/** Parts that are read: those that must be there, and those that may be. */
export interface WantedParts {
  readonly needed: readonly string[];
  readonly welcome?: readonly string[];
}

/** Where the parts of a dataset lie in its repository. */
export interface ChosenFiles {
  /** Folder that the parts are named in, with `/`; empty for the repository's own. */
  readonly folder: string;
  readonly paths: readonly string[];
}

/** Names of configurations and parts that a message lists. */
const NAMES_SHOWN = 12;

/** What the hub calls the only configuration of a dataset that names none. */
const ONLY_CONFIGURATION = 'default';

/** Folder that many repositories keep the rows of their only configuration in. */
const DATA_FOLDER = 'data';

const listed = (names: readonly string[]): string =>
  names.slice(0, NAMES_SHOWN).join(', ') + (names.length > NAMES_SHOWN ? ', …' : '');

/** The paths in a folder, from that folder. */
function pathsIn(paths: readonly string[], folder: string): string[] {
  if (folder === '') return [...paths];
  return paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
}

/** Folders with parts in them, from the repository's own: one for each configuration, as a rule. */
function foldersWithParts(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const [first, second, ...others] = path.split('/');
    if (others.length > 1) continue;
    // train.csv: the repository's own; data/train.csv and default/train/0000.parquet: the first folder.
    folders.add(second === undefined ? '' : first!);
  }
  return [...folders].filter((folder) => partsOf(pathsIn(paths, folder)).length > 0).sort();
}

function folderOf(dataset: DatasetId, paths: readonly string[]): string {
  const { configuration } = dataset;
  const folders = foldersWithParts(paths);
  if (configuration !== undefined) {
    const own = [configuration, `${DATA_FOLDER}/${configuration}`].find(
      (folder) => partsOf(pathsIn(paths, folder)).length > 0,
    );
    if (own !== undefined) return own;
    const named = folders.filter((folder) => folder !== '');
    throw new ToolkitError(
      `${formatDatasetId(dataset)}: has no configuration ${configuration}`,
      'NOT_FOUND',
      didYouMean(configuration, named) ??
        (named.length > 0 ? `There are ${listed(named)}.` : 'It has none: leave it out.'),
    );
  }
  const usual = ['', DATA_FOLDER, ONLY_CONFIGURATION].filter((folder) => folders.includes(folder));
  const parts = (folder: string): DatasetPart[] => partsOf(pathsIn(paths, folder));
  // Folders of configurations look like parts from above: only parts with their usual names are taken for that.
  const found = usual.find((folder) =>
    ['train', 'validation', 'test'].some((part) => findParts(parts(folder), part).length > 0),
  );
  if (found !== undefined) return found;
  const others = folders.filter((folder) => folder !== '');
  if (others.length === 1) return others[0]!;
  if (others.length > 1) {
    throw new ToolkitError(
      `${formatDatasetId(dataset)}: has several configurations`,
      'USAGE',
      `Name one, such as ${formatDatasetId({ ...dataset, configuration: others[0] })}; there are ${listed(others)}.`,
    );
  }
  if (folders.length > 0) return '';
  throw new ToolkitError(
    `${formatDatasetId(dataset)}: holds no files that rows can be read from`,
    'UNSUPPORTED',
    'Rows are read from Parquet, JSON Lines, JSON, CSV, TSV and text; convert the files, or choose another --dataset.',
  );
}

/**
 * Chooses the files of a dataset's parts by their names: `CONFIGURATION/PART/0000.parquet` as the hub converts datasets,
 * or files named after parts in the repository's folder, in `data`, or in one for the configuration.
 *
 * @param paths of all files in the repository
 * @throws ToolkitError `NOT_FOUND` for a configuration or a part that is not there; `USAGE` where one must be named
 */
export function chooseFiles(
  dataset: DatasetId,
  paths: readonly string[],
  { needed, welcome = [] }: WantedParts,
): ChosenFiles {
  const folder = folderOf(dataset, paths);
  const parts = partsOf(pathsIn(paths, folder));
  const chosen = new Set<string>();
  for (const wanted of [...needed, ...welcome]) {
    const [part, other] = findParts(parts, wanted);
    if (part !== undefined && other !== undefined) {
      throw new ToolkitError(
        `${formatDatasetId(dataset)}: ${part.shown} and ${other.shown} could each be the ${wanted} part`,
        'BAD_DATASET',
        'Download the one that you mean, and name the file.',
      );
    }
    if (part === undefined && needed.includes(wanted)) {
      const names = parts.map(({ name }) => name);
      const near = didYouMean(wanted, names);
      throw new ToolkitError(
        `${formatDatasetId(dataset)}: has no ${wanted} part`,
        'NOT_FOUND',
        `${near === undefined ? '' : `${near} `}Choose another with --split; there are ${listed(names)}.`,
      );
    }
    for (const file of part?.files ?? []) chosen.add(folder === '' ? file : `${folder}/${file}`);
  }
  // Before they are downloaded, not after.
  for (const path of chosen) fileFormatOf(path);
  return { folder, paths: [...chosen] };
}
