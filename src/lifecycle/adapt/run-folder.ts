import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { formatJson, readJsonObject, type JsonObject } from '../../core/checkpoints/json-file.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { Engine } from '../../core/engine/engine.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { MachineDescription } from '../../platform/process-info.js';

/** Name of the file that holds a run's resolved configuration. */
const RUN_FILE = 'run.json';

/** A file that a run was fed with. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const recordSchema = z.object({
  stage: z.enum(['fine-tune', 'pre-train']),
  options: z.record(z.string(), z.unknown()),
  /** Of the options, so that a run does not go on under other settings than it began with. */
  options_sha256: z.string(),
  inputs: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })).readonly(),
});

/** What `run.json` holds: enough to repeat the run, and to notice when its settings or inputs have changed. */
export type RunRecord = z.output<typeof recordSchema>;

/** A run as the lifecycle knows it. */
export type Run = Omit<RunRecord, 'options_sha256'>;

function digest(options: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(options)).digest('hex');
}

/**
 * Makes sure that a run can begin in a folder: there is nothing in it.
 *
 * @throws ToolkitError `USAGE` when the folder holds another run or anything else
 */
export async function checkNewRun(files: FileSystem, folder: string): Promise<void> {
  if ((await files.stat(folder)) === undefined || (await files.list(folder)).length === 0) return;
  const isRun = (await files.stat(join(folder, RUN_FILE))) !== undefined;
  throw new ToolkitError(
    isRun ? `${folder}: holds a run already` : `${folder}: the folder exists and is not empty`,
    'USAGE',
    isRun ? `Go on with it (--resume ${folder}), or choose another --out.` : 'Choose another --out.',
  );
}

/**
 * Makes sure that a run goes on with the files it began with.
 *
 * @throws ToolkitError `USAGE` when one has changed, is gone or has joined them
 */
export async function checkInputs(
  files: FileSystem,
  folder: string,
  inputs: readonly SourceFile[],
): Promise<void> {
  const before = (await readRunRecord(files, folder)).inputs;
  for (const path of new Set([...before, ...inputs].map((input) => input.path))) {
    const [then, now] = [before, inputs].map((list) => list.find((input) => input.path === path)?.sha256);
    if (then === now) continue;
    const change = then === undefined ? 'has appeared' : now === undefined ? 'is gone' : 'has changed';
    throw new ToolkitError(
      `${path}: ${change} since the run in ${folder} began`,
      'USAGE',
      'Restore the dataset as it was, or start a new run with --out.',
    );
  }
}

/** Begins a run in a folder that {@link checkNewRun} found free. */
export async function beginRun(files: FileSystem, folder: string, run: Run): Promise<void> {
  await files.makeDirectory(folder);
  const { stage, options, inputs } = run;
  const record: RunRecord = { stage, options, options_sha256: digest(options), inputs };
  await files.writeAtomic(join(folder, RUN_FILE), formatJson(record));
}

/**
 * Reads the record of a run that was begun.
 *
 * @throws ToolkitError `NOT_FOUND` when the folder holds none; `BAD_CHECKPOINT` when it is damaged; `USAGE` when its
 *   settings were changed
 */
export async function readRunRecord(files: FileSystem, folder: string): Promise<RunRecord> {
  const path = join(folder, RUN_FILE);
  if ((await files.stat(path)) === undefined) {
    throw new ToolkitError(
      `${folder}: holds no run (there is no ${RUN_FILE})`,
      'NOT_FOUND',
      'Give the folder that was --out of the run.',
    );
  }
  const { success, data } = recordSchema.safeParse(await readJsonObject(files, path));
  if (!success) {
    throw new ToolkitError(
      `${path}: is not the record of a run`,
      'BAD_CHECKPOINT',
      'Start a new run with --out.',
    );
  }
  if (digest(data.options) === data.options_sha256) return data;
  throw new ToolkitError(
    `${path}: its settings were changed since the run began`,
    'USAGE',
    'Undo the change, or start a new run with --out.',
  );
}

/** Writes what the run's numbers may depend on beside its configuration. */
export async function writeEnvironment(
  files: FileSystem,
  folder: string,
  engine: Engine,
  machine: MachineDescription,
): Promise<void> {
  const environment = { ...machine, engine: engine.name, device: engine.device };
  await files.writeAtomic(join(folder, 'environment.json'), formatJson(environment));
}
