import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { SCOPE_FILE } from '../project/project-folder.js';
import { parseScope, type Scope } from './scope.js';

/** Where a scope may lie. */
export interface ScopePorts {
  readonly fileSystem: FileSystem;
  readonly projectFolder: string;
}

/**
 * The scope in a file, or the project's own; `undefined` where none is named and the project has none.
 *
 * @throws ToolkitError `USAGE` for a scope that cannot be read, `NOT_FOUND` for a file that is not there
 */
export async function readScope(
  path: string | undefined,
  { fileSystem, projectFolder }: ScopePorts,
): Promise<{ readonly path: string; readonly scope: Scope } | undefined> {
  const usual = join(projectFolder, SCOPE_FILE);
  if (path === undefined && (await fileSystem.stat(usual))?.kind !== 'file') return undefined;
  const file = path ?? usual;
  return { path: file, scope: parseScope(await fileSystem.readText(file), file) };
}
