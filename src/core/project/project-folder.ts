import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';

/** The file that makes a folder a project. */
export const SCOPE_FILE = 'scope.yaml';
/** Folder of a project whose small files record what was done. */
export const STAGES_FOLDER = 'stages';
/** Folder of a project that prompt templates are in. */
export const PROMPTS_FOLDER = 'prompts';
/** The best prompt that was found, in that folder. */
export const BEST_PROMPT = 'best.md';
/** Folder of a project that training runs are in. */
export const RUNS_FOLDER = 'runs';

/**
 * The project that a path belongs to: the nearest folder at or above it with a `scope.yaml`.
 *
 * @returns its absolute path; `undefined` where there is none
 */
export async function findProject(files: FileSystem, path: string): Promise<string | undefined> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if ((await files.stat(join(folder, SCOPE_FILE)))?.kind === 'file') return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** A path as a project's files write it: from the project's folder and with `/` where it lies in it, else absolute. */
export function pathInProject(project: string, path: string): string {
  const inside = relative(project, resolve(path));
  if (inside === '') return '.';
  const leadsOut = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return leadsOut ? resolve(path) : inside.split(sep).join('/');
}

/** Whether a path that {@link pathInProject} gave is that folder or lies in it. */
export function liesIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
