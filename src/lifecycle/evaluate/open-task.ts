import { basename, dirname, isAbsolute, join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import type { Row } from '../../core/dataset-formats/row-format.js';
import { extensionOf } from '../../core/dataset-formats/files/file-formats.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { isHarnessTask, readHarnessTask } from '../../core/evaluation/harness-task.js';
import { loadRows, type LoadedRows } from '../../core/evaluation/load-rows.js';
import { makeTask, readTask, readTaskDefinition, type Task } from '../../core/evaluation/task.js';
import { USUAL_METRICS } from '../../core/evaluation/task-measures.js';
import { taskOfDataset } from '../../core/evaluation/task-of-dataset.js';
import { openPrompt } from '../../core/prompt-engineering/open-prompt.js';
import { savedExamples } from '../../core/prompt-engineering/prompt-file.js';
import { rowsForPrompt, settingsForRows } from '../../core/prompt-engineering/prompt-rows.js';
import { promptTask, usualMetric } from '../../core/prompt-engineering/prompt-task.js';
import { formatDatasetId, isDatasetId, parseDatasetId } from '../../core/hub-datasets/dataset-id.js';
import { localDataset, type FetchDataset } from '../../core/hub-datasets/local-dataset.js';
import { didYouMean } from '../../core/near-matches.js';
import { readSmallText } from '../../core/project/small-text.js';
import {
  makePromptTemplate,
  parsePromptTemplate,
  type PromptTemplate,
} from '../../core/prompts/prompt-template.js';
import type { EvaluateSettings } from './evaluation-options.js';

/** A task with its rows. */
export interface OpenTask {
  readonly task: Task;
  readonly promptFile: PromptTemplate | undefined;
  readonly rows: readonly Row[];
  readonly dataset: Pick<LoadedRows, 'path' | 'sha256'>;
  readonly shotPool: readonly Row[];
  readonly shots: number;
  /** Of the choice of examples, of sampling, and of intervals. */
  readonly seed: number;
  readonly asChat: boolean;
  /** The file of the task or of its prompt; `undefined` where the task was made of a dataset. */
  readonly path: string | undefined;
}

/** Where tasks are read from. */
export interface TaskPorts {
  readonly files: FileSystem;
  /** Folder of the tasks that ship with the toolkit. */
  readonly taskFolder: string;
  /** Folder of the prompts that ship with the toolkit. */
  readonly promptFolder: string;
  /** Brings parts of a dataset on the hub here, and gives the folder that they are in. */
  readonly fetchDataset: FetchDataset;
}

type TaskSettings = Omit<EvaluateSettings, 'model' | 'out' | 'force'>;

/** Endings of task files. */
const TASK_FILE = /\.ya?ml$/;

/**
 * Finds a task by its file or by the name of one that ships with the toolkit.
 *
 * @throws ToolkitError `NOT_FOUND`, with the name that may be meant
 */
async function findTaskFile(files: FileSystem, taskFolder: string, name: string): Promise<string> {
  if ((await files.stat(name))?.kind === 'file') return name;
  const names = (await files.list(taskFolder)).filter((file) => TASK_FILE.test(file));
  const known = names.map((file) => file.replace(TASK_FILE, ''));
  const at = known.indexOf(name);
  if (at >= 0) return join(taskFolder, names[at]!);
  throw new ToolkitError(
    `--task ${name}: no such file, and no task of that name`,
    'NOT_FOUND',
    didYouMean(name, known) ?? `Tasks that ship with the toolkit: ${known.join(', ')}.`,
  );
}

/**
 * Reads a task and the rows that it is of, or makes a task of a dataset and metrics.
 *
 * @throws ToolkitError `USAGE` for options that do not go together and for tasks that are wrong; `NOT_FOUND`;
 *   `BAD_DATASET`
 */
export async function openTask(settings: TaskSettings, ports: TaskPorts): Promise<OpenTask> {
  const opened = await openAny(settings, ports);
  return settings.limit === undefined ? opened : { ...opened, rows: opened.rows.slice(0, settings.limit) };
}

async function openAny(settings: TaskSettings, ports: TaskPorts): Promise<OpenTask> {
  if (settings.prompt !== undefined) return taskFromPrompt(settings, settings.prompt, ports);
  return settings.task === undefined ? taskFromRows(settings, ports) : taskFromFile(settings, ports);
}

/** What a prompt template asks of rows, with the examples that its front matter names. */
async function taskFromPrompt(
  settings: TaskSettings,
  prompt: string,
  { files, fetchDataset, promptFolder }: TaskPorts,
): Promise<OpenTask> {
  const { dataset, metrics, split = 'test', limit, generate, stop } = settings;
  if (settings.task !== undefined) {
    throw new ToolkitError('--prompt stands beside --task', 'USAGE', 'Give one of them.');
  }
  if (dataset === undefined) {
    throw new ToolkitError('--dataset is missing', 'USAGE', 'Name the rows that the prompt is measured on.');
  }
  const path = await localDataset(dataset, { needed: [split] }, fetchDataset);
  const own = await loadRows(files, { path, split });
  const measured = own.rows.slice(0, limit);
  const [first] = measured;
  if (first === undefined) {
    throw new ToolkitError(`${own.path}: has no rows to measure on`, 'BAD_DATASET', 'Choose other rows.');
  }
  const { settings: saved, body, where } = await openPrompt(prompt, { files, promptFolder });
  const promptFile = await makePromptTemplate(
    settingsForRows(saved, where, first, { columns: {}, stop }),
    body,
    where,
  );
  const { shots, labels_by: labelsBy = 'likelihood' } = promptFile.settings;
  const count = settings.shots ?? shots?.count ?? 0;
  const made = await promptTask(
    promptFile,
    { prompt: 0, shots: count, settings: {} },
    {
      metrics: metrics.length > 0 ? metrics : [usualMetric(promptFile)],
      strategy: shots?.strategy ?? 'random',
      labelsBy: generate ? 'generation' : labelsBy,
    },
  );
  return {
    ...{ task: await completed(made, settings, promptFile), promptFile, path: where, dataset: own },
    rows: rowsForPrompt(measured, promptFile.settings, own.path),
    shotPool: await savedExamples(files, promptFile, count),
    ...{ shots: count, seed: settings.seed ?? shots?.seed ?? 0, asChat: settings.chat },
  };
}

async function taskFromFile(settings: TaskSettings, ports: TaskPorts): Promise<OpenTask> {
  const { files, taskFolder } = ports;
  if (settings.metrics.length > 0) {
    throw new ToolkitError('--metric stands beside --task', 'USAGE', 'Name the metrics in the task file.');
  }
  const path = await findTaskFile(files, taskFolder, settings.task!);
  const source = await readSmallText(files, path);
  const promptFile = isHarnessTask(source) ? undefined : await promptFileOf(files, path, source);
  const read = isHarnessTask(source)
    ? await readHarnessTask(files, path)
    : await readTask(source, path, promptFile);
  const task = await completed(read, settings, promptFile);
  const { dataset, shots } = task.definition;
  const split = settings.split ?? dataset.split;
  const count = settings.shots ?? shots.count;
  const needed = [split, ...(count === 0 || shots.examples !== undefined ? [] : [shots.from])];
  const location =
    settings.dataset === undefined
      ? await ownDataset(dataset, { path, needed }, ports)
      : await localDataset(settings.dataset, { needed }, ports.fetchDataset);
  const place = { path: location, name: dataset.name, columns: dataset.columns };
  const own = await loadRows(files, { ...place, split });
  const shotPool =
    count === 0 ? [] : (shots.examples ?? (await loadRows(files, { ...place, split: shots.from })).rows);
  return {
    ...{ task, promptFile, path, shotPool, shots: count, seed: settings.seed ?? 0 },
    rows: own.rows,
    dataset: own,
    asChat: settings.chat,
  };
}

async function taskFromRows(settings: TaskSettings, ports: TaskPorts): Promise<OpenTask> {
  const { files } = ports;
  const { dataset: given, metrics, split = 'test', shots = 0, generate } = settings;
  if (given === undefined) {
    throw new ToolkitError(
      'What is to be measured is missing: --task, --prompt, or --dataset with --metric',
      'USAGE',
      'Give for example --task sst2 --dataset rows.jsonl, or --dataset rows.jsonl --metric accuracy.',
    );
  }
  if (metrics.length === 0) {
    throw new ToolkitError(
      '--metric is missing',
      'USAGE',
      'Give for example --metric accuracy, or a --task.',
    );
  }
  const path = await localDataset(
    given,
    { needed: [split, ...(shots === 0 ? [] : ['train'])] },
    ports.fetchDataset,
  );
  const name =
    (isDatasetId(given) ? parseDatasetId(given).id : basename(path, extensionOf(path)))
      .replace(/[^\w.:-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '') || 'dataset';
  const own = await loadRows(files, { path, split });
  const made = taskOfDataset({ name, path, rows: own.rows, metrics, areLabelsGenerated: generate });
  const task = await completed(await makeTask(made.input, path), settings, undefined);
  const others = shots === 0 ? undefined : await loadRows(files, { path, split: 'train' });
  const shotPool =
    others === undefined
      ? []
      : taskOfDataset({ name, path, rows: others.rows, metrics, areLabelsGenerated: generate }).rows;
  return {
    ...{ task, promptFile: undefined, path: undefined, shotPool, shots, seed: settings.seed ?? 0 },
    rows: made.rows,
    dataset: own,
    asChat: settings.chat || made.isChat,
  };
}

async function promptFileOf(
  files: FileSystem,
  path: string,
  source: string,
): Promise<PromptTemplate | undefined> {
  const { file } = readTaskDefinition(source, path).prompt;
  if (file === undefined) return undefined;
  const location = isAbsolute(file) ? file : join(dirname(path), file);
  return parsePromptTemplate(await readSmallText(files, location), location);
}

/** The task with the settings of generation that were given beside it, and with metrics in any case. */
async function completed(
  task: Task,
  { maxNewTokens, temperature, topK, topP, stop, scoreEnd }: TaskSettings,
  promptFile: PromptTemplate | undefined,
): Promise<Task> {
  const given = { max_new_tokens: maxNewTokens, temperature, top_k: topK, top_p: topP, stop };
  const changed = Object.entries(given).filter(([, value]) => value !== undefined);
  const { definition, where } = task;
  if (changed.length === 0 && !scoreEnd && definition.metrics.length > 0) return task;
  const metrics = definition.metrics.length > 0 ? definition.metrics : [...USUAL_METRICS[definition.kind]];
  const generation = { ...definition.generation, ...Object.fromEntries(changed) };
  const end_of_text = scoreEnd || definition.end_of_text;
  return makeTask({ ...definition, metrics, generation, end_of_text }, where, promptFile);
}

/** Where a task's own dataset is: the task names it as seen from its own file, from the folder one is in, or on the hub. */
async function ownDataset(
  { path, name }: Task['definition']['dataset'],
  { path: taskFile, needed }: { readonly path: string; readonly needed: readonly string[] },
  ports: TaskPorts,
): Promise<string> {
  if (path === undefined) {
    throw new ToolkitError(`${taskFile}: names no dataset`, 'USAGE', 'Give the rows with --dataset.');
  }
  if (isDatasetId(path)) return localDataset(path, { needed }, ports.fetchDataset);
  for (const place of isAbsolute(path) ? [path] : [join(dirname(taskFile), path), path]) {
    if ((await ports.files.stat(place)) !== undefined) return place;
  }
  if (/^[\w.-]+\/[\w.-]+$/.test(path)) {
    const id = formatDatasetId({ id: path, revision: undefined, configuration: name });
    return ports.fetchDataset(id, { needed });
  }
  throw new ToolkitError(
    `${taskFile}: the dataset ${path} is not here`,
    'NOT_FOUND',
    'Name the rows with --dataset.',
  );
}
