import { join, resolve } from 'node:path';
import { findSplitFiles } from '../../core/dataset-formats/split-files.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { fingerprintFile, type Fingerprint, type FingerprintPorts } from '../../core/project/fingerprint.js';
import {
  BEST_PROMPT,
  PROMPTS_FOLDER,
  RUNS_FOLDER,
  SCOPE_FILE,
  STAGES_FOLDER,
} from '../../core/project/project-folder.js';
import type { ProjectFacts } from '../../core/project/project-status.js';
import type { Figures, ProjectStep, Stage, StepInput } from '../../core/project/project-step.js';
import { readRunStep } from '../../core/project/run-step.js';
import { readSmallText } from '../../core/project/small-text.js';
import { readStageRecord } from '../../core/project/stage-record.js';
import { pulledFolder } from '../../core/project/stale-steps.js';
import { parseScope, type Scope } from '../../core/scope/scope.js';

/** Entries of `runs/` and of `stages/` that are read at most. */
const MOST_ENTRIES = 10_000;

/** Ending of the files of prompts. */
const PROMPT_ENDING = '.md';

/** How the names of records begin that are not of evaluations. */
const RECORD_NAMES: readonly (readonly [beginning: string, stage: Stage])[] = [
  ['select', 'select'],
  ['prompt', 'adapt'],
  ['deploy', 'deploy'],
];

/** Fields of a scope that say which project it is; all others say what is asked of it. */
const NAMING_FIELDS = new Set(['version', 'name', 'task']);

/**
 * Reads everything that tells how a project stands, and compares every recorded fingerprint with the file as it is.
 * What cannot be read becomes a damaged step: one bad file does not hide the others.
 *
 * @throws ToolkitError `USAGE` where a folder has more entries than any project; `INTERRUPTED`
 */
export async function readProject(project: string, ports: FingerprintPorts): Promise<ProjectFacts> {
  const compare = comparison(project, ports);
  const { scope, step: scopeStep } = await readScope(project, ports);
  const recorded = await readRecords(project, ports, compare);
  const runs = await readRuns(project, ports, compare, scope);
  const steps = [scopeStep, ...recorded, ...runs];
  const chosen = steps.findLast(({ stage, state }) => stage === 'select' && state === 'done');
  if (chosen === undefined) steps.push(...choiceOfRuns(runs));
  const model = chosen?.model ?? steps.findLast(({ stage }) => stage === 'select')?.model;
  return {
    ...{ project, scope, steps },
    dataset: await datasetIn(project, ports),
    testRows: await firstThere(project, ['evaluation/test.jsonl', 'data/test.jsonl'], ports),
    prompt: await promptIn(project, ports),
    modelFolder: model === undefined ? undefined : await modelFolder(project, model, ports),
  };
}

type Comparison = (inputs: readonly Fingerprint[]) => Promise<StepInput[]>;

/** Tells of inputs whether they are as they were; a file that several steps read is read once. */
function comparison(project: string, ports: FingerprintPorts): Comparison {
  const known = new Map<string, ReturnType<typeof fingerprintFile>>();
  const now = (path: string): ReturnType<typeof fingerprintFile> => {
    const seen = known.get(path) ?? fingerprintFile(path, ports).catch(unlessInterrupted(ports));
    known.set(path, seen);
    return seen;
  };
  const changeOf = async ({ path, bytes, sha256 }: Fingerprint): Promise<StepInput['change']> => {
    const file = resolve(project, path);
    const info = await ports.files.stat(file).catch(() => undefined);
    if (info?.kind !== 'file') return 'gone';
    if (info.size !== bytes) return 'changed';
    return (await now(file))?.sha256 === sha256 ? 'none' : 'changed';
  };
  return async (inputs) => {
    const compared: StepInput[] = [];
    for (const input of inputs) compared.push({ path: input.path, change: await changeOf(input) });
    return compared;
  };
}

/** What cannot be read counts as changed; a request to stop goes on to the caller. */
function unlessInterrupted({ signal }: FingerprintPorts): (error: unknown) => undefined {
  return (error) => {
    if (signal?.aborted === true || !(error instanceof ToolkitError)) throw error;
    return undefined;
  };
}

function damaged(stage: Stage, name: string, error: unknown): ProjectStep {
  if (!(error instanceof ToolkitError)) throw error;
  const none = { when: null, results: {}, inputs: [], outputs: [], command: null };
  return { ...none, stage, name, state: 'damaged', problem: error.message };
}

async function readScope(
  project: string,
  { files }: FingerprintPorts,
): Promise<{ scope: Scope | undefined; step: ProjectStep }> {
  const path = join(project, SCOPE_FILE);
  try {
    const scope = parseScope(await readSmallText(files, path), SCOPE_FILE);
    const filled = filledFields(scope);
    const results: Figures = {
      task: scope.task,
      fields_filled_in: filled,
      ...(scope.quality.target !== null && { [scope.quality.metric!]: scope.quality.target }),
    };
    const step: ProjectStep = {
      ...{ stage: 'scope', name: SCOPE_FILE, results, inputs: [], outputs: [SCOPE_FILE], command: null },
      when: (await files.stat(path))?.modified ?? null,
      ...(filled > 0
        ? { state: 'done' as const }
        : { state: 'unfinished' as const, problem: 'it says no more than name and task' }),
    };
    return { scope, step };
  } catch (error) {
    return { scope: undefined, step: damaged('scope', SCOPE_FILE, error) };
  }
}

/** Fields beyond name and task that say something. */
function filledFields(scope: Scope): number {
  const count = (value: unknown): number => {
    if (value === null) return 0;
    if (Array.isArray(value)) return Math.min(1, value.length);
    if (typeof value !== 'object') return 1;
    return Object.values(value as object).reduce((sum: number, inner: unknown) => sum + count(inner), 0);
  };
  return Object.entries(scope).reduce(
    (sum, [key, value]) => sum + (NAMING_FIELDS.has(key) ? 0 : count(value)),
    0,
  );
}

async function entriesOf(project: string, folder: string, { files }: FingerprintPorts): Promise<string[]> {
  const path = join(project, folder);
  if ((await files.stat(path))?.kind !== 'directory') return [];
  const names = await files.list(path);
  if (names.length <= MOST_ENTRIES) return names;
  throw new ToolkitError(
    `${path}: has ${names.length} entries; ${MOST_ENTRIES} are the most`,
    'USAGE',
    'Move away what does not belong there.',
  );
}

async function readRecords(
  project: string,
  ports: FingerprintPorts,
  compare: Comparison,
): Promise<ProjectStep[]> {
  const steps: ProjectStep[] = [];
  for (const entry of await entriesOf(project, STAGES_FOLDER, ports)) {
    if (!entry.endsWith('.yaml') || entry.startsWith('.')) continue;
    const name = `${STAGES_FOLDER}/${entry}`;
    try {
      const record = await readStageRecord(ports.files, join(project, name));
      const { stage, command, results, outputs } = record;
      const model = stage === 'select' ? results['model'] : undefined;
      const prompt = stage === 'adapt' ? outputs.find((path) => path.endsWith(PROMPT_ENDING)) : undefined;
      steps.push({
        ...{ stage, name, state: 'done', results, outputs, command },
        when: Date.parse(record.recorded),
        inputs: await compare(record.inputs),
        ...(typeof model === 'string' && { model }),
        ...(prompt !== undefined && { prompt }),
      });
    } catch (error) {
      const stage = RECORD_NAMES.find(([beginning]) => entry.startsWith(beginning))?.[1] ?? 'evaluate';
      steps.push(damaged(stage, name, error));
    }
  }
  return steps;
}

async function readRuns(
  project: string,
  ports: FingerprintPorts,
  compare: Comparison,
  scope: Scope | undefined,
): Promise<ProjectStep[]> {
  const steps: ProjectStep[] = [];
  for (const entry of await entriesOf(project, RUNS_FOLDER, ports)) {
    const name = `${RUNS_FOLDER}/${entry}`;
    try {
      const run = await readRunStep(ports.files, project, name);
      if (run === undefined) continue;
      const { model } = run.step;
      const base: StepInput[] = model === undefined ? [] : [await baseInput(project, model, ports)];
      const step: ProjectStep = { ...run.step, inputs: [...(await compare(run.inputs)), ...base] };
      steps.push(step, ...whatRunsTell(step, run.perplexity, scope));
    } catch (error) {
      steps.push(damaged('adapt', name, error));
    }
  }
  return steps;
}

async function baseInput(project: string, path: string, { files }: FingerprintPorts): Promise<StepInput> {
  const isThere = (await files.stat(resolve(project, path))) !== undefined;
  return { path, change: isThere ? 'none' : 'gone' };
}

/** A run's own evaluation, where nothing measures the task better; and the whole model that one may have made. */
function whatRunsTell(run: ProjectStep, perplexity: number | null, scope: Scope | undefined): ProjectStep[] {
  if (run.state !== 'done') return [];
  const made = run.outputs.map((path) => ({ path, change: 'none' as const }));
  const derived = { state: 'done' as const, when: run.when, inputs: made, outputs: [], command: null };
  const isEnough = scope?.task !== 'text-classification' || scope.quality.metric === 'perplexity';
  const steps: ProjectStep[] = [];
  if (perplexity !== null && isEnough)
    steps.push({ ...derived, stage: 'evaluate', name: `${run.name}/result.json`, results: { perplexity } });
  for (const output of run.outputs.filter((path) => path.endsWith('/model')))
    steps.push({ ...derived, stage: 'deploy', name: output, results: { kind: 'a whole model' } });
  return steps;
}

/** Where nobody recorded a choice, the model that the newest run was trained from is the choice. */
function choiceOfRuns(runs: readonly ProjectStep[]): ProjectStep[] {
  const newest = runs
    .filter(({ stage, state }) => stage === 'adapt' && state === 'done')
    .sort((a, b) => (a.when ?? 0) - (b.when ?? 0))
    .at(-1);
  if (newest === undefined) return [];
  const { name, model, when } = newest;
  const none = { inputs: [], outputs: [], command: null };
  const results = { model: model ?? 'trained from scratch' };
  return [
    { ...none, stage: 'select', name, state: 'done', when, results, ...(model !== undefined && { model }) },
  ];
}

async function datasetIn(project: string, { files }: FingerprintPorts): Promise<string | undefined> {
  return findSplitFiles(files, join(project, 'data')).then(
    () => 'data',
    () => undefined,
  );
}

async function firstThere(
  project: string,
  paths: readonly string[],
  { files }: FingerprintPorts,
): Promise<string | undefined> {
  for (const path of paths) {
    if (((await files.stat(join(project, path)))?.size ?? 0) > 0) return path;
  }
  return undefined;
}

/** The best prompt that was found, else the first plain one: that takes models without a chat template too. */
async function promptIn(project: string, ports: FingerprintPorts): Promise<string | undefined> {
  const names = (await entriesOf(project, PROMPTS_FOLDER, ports)).filter(
    (name) => name.endsWith(PROMPT_ENDING) && name !== 'README.md',
  );
  const plain = names.filter((name) => name.endsWith(`-plain${PROMPT_ENDING}`)).sort();
  const chosen = names.find((name) => name === BEST_PROMPT) ?? plain[0] ?? names.sort()[0];
  return chosen && `${PROMPTS_FOLDER}/${chosen}`;
}

/** Where a chosen model is: the path itself, or the place in the project that one of the hub is pulled to. */
async function modelFolder(
  project: string,
  model: string,
  { files }: FingerprintPorts,
): Promise<string | undefined> {
  for (const path of [model, pulledFolder(model)]) {
    if ((await files.stat(join(resolve(project, path), 'config.json'))) !== undefined) return path;
  }
  return undefined;
}
