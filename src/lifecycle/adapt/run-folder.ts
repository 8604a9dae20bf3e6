import { join } from 'node:path';
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

/** What `run.json` holds: enough to repeat the run, and to notice when its inputs have changed. */
export interface RunRecord {
  readonly stage: 'fine-tune' | 'pre-train';
  readonly options: JsonObject;
  readonly inputs: readonly SourceFile[];
}

/**
 * Begins a run in a new folder, or goes on in one whose inputs are unchanged.
 *
 * @throws ToolkitError `USAGE` when the folder holds another run or anything else, or when an input has changed
 */
export async function openRunFolder(
  files: FileSystem,
  folder: string,
  record: RunRecord,
  resume: boolean,
): Promise<void> {
  if (resume) {
    const before = (await readRunRecord(files, folder)).inputs;
    for (const input of record.inputs) {
      const known = before.find(({ path }) => path === input.path);
      if (known?.sha256 === input.sha256) continue;
      throw new ToolkitError(
        `${input.path}: has changed since the run in ${folder} began`,
        'USAGE',
        'Restore the file, or start a new run with --out.',
      );
    }
    return;
  }
  if ((await files.stat(folder)) !== undefined && (await files.list(folder)).length > 0) {
    const isRun = (await files.stat(join(folder, RUN_FILE))) !== undefined;
    throw new ToolkitError(
      isRun ? `${folder}: holds a run already` : `${folder}: the folder exists and is not empty`,
      'USAGE',
      isRun ? `Go on with it (--resume ${folder}), or choose another --out.` : 'Choose another --out.',
    );
  }
  await files.makeDirectory(folder);
  await files.writeAtomic(join(folder, RUN_FILE), formatJson(record));
}

/** Reads the record of a run that was begun. */
export async function readRunRecord(files: FileSystem, folder: string): Promise<RunRecord> {
  const path = join(folder, RUN_FILE);
  if ((await files.stat(path)) === undefined) {
    throw new ToolkitError(
      `${folder}: holds no run (there is no ${RUN_FILE})`,
      'NOT_FOUND',
      'Give the folder that was --out of the run.',
    );
  }
  const record = (await readJsonObject(files, path)) as unknown as RunRecord;
  if (typeof record.options !== 'object' || !Array.isArray(record.inputs)) {
    throw new ToolkitError(
      `${path}: is not the record of a run`,
      'BAD_CHECKPOINT',
      'Start a new run with --out.',
    );
  }
  return record;
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
