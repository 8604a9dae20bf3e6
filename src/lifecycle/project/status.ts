import { join, resolve } from 'node:path';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { projectStatus } from '../../core/project/derive-status.js';
import type { FingerprintPorts } from '../../core/project/fingerprint.js';
import { findProject, SCOPE_FILE } from '../../core/project/project-folder.js';
import type { ProjectStatus } from '../../core/project/project-status.js';
import { readProject } from './read-project.js';

/** Options of {@link readStatus}. */
export interface StatusOptions {
  /** Folder of the project; without one, the project that `from` lies in. */
  readonly folder?: string | undefined;
  /** Where to look from. */
  readonly from: string;
}

/**
 * Tells how a project stands: what is done, what is stale because something before it has changed, and what is next.
 * Everything is read off the project's own files; nothing is written.
 *
 * @throws ToolkitError `NOT_FOUND` where there is no project
 */
export async function readStatus(options: StatusOptions, ports: FingerprintPorts): Promise<ProjectStatus> {
  const { folder, from } = options;
  const project = folder === undefined ? await findProject(ports.files, from) : resolve(from, folder);
  const isThere = project !== undefined && (await ports.files.stat(join(project, SCOPE_FILE))) !== undefined;
  if (isThere) return projectStatus(await readProject(project, ports));
  throw new ToolkitError(
    `${folder ?? from}: is not a project (there is no ${SCOPE_FILE}${folder === undefined ? ' here or above' : ''})`,
    'NOT_FOUND',
    'Make one with genai init FOLDER, or go to the folder of one.',
  );
}
