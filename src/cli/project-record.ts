import { join } from 'node:path';
import { findProject, STAGES_FOLDER } from '../core/project/project-folder.js';
import type { ProgressListener } from '../core/progress/progress-event.js';
import type { DoneStep } from '../core/project/stage-record.js';
import type { Ports } from './ports.js';

/**
 * Records what a command did, where it was run in a project or with something of one; elsewhere does nothing. A scope
 * alone is not asked for records: the folder for them must be there, as `genai init` makes it.
 *
 * @param places what the command worked on, in case that this folder is in no project
 * @returns path of the record
 */
export async function recordInProject(
  ports: Pick<Ports, 'fileSystem' | 'now'>,
  progress: { update: ProgressListener },
  signal: AbortSignal,
  places: readonly string[],
  describe: (project: string) => DoneStep | Promise<DoneStep>,
): Promise<string | undefined> {
  let project: string | undefined;
  for (const place of [process.cwd(), ...places]) project ??= await findProject(ports.fileSystem, place);
  if (project === undefined) return undefined;
  const stages = await ports.fileSystem.stat(join(project, STAGES_FOLDER));
  if (stages?.kind !== 'directory') return undefined;
  const { recordStage } = await import('../core/project/stage-record.js');
  return recordStage(project, await describe(project), {
    files: ports.fileSystem,
    now: () => ports.now(),
    signal,
    onProgress: (event) => progress.update(event),
  });
}
