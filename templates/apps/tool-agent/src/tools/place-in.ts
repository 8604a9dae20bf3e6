import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ToolError } from '../tool.js';

/**
 * The true path of a file in a folder.
 *
 * @throws ToolError where it lies outside, by its name or by a link
 */
export async function placeIn(folder: string, file: string): Promise<string> {
  const root = await realpath(folder).catch(() => {
    throw new ToolError('the folder of the files is missing');
  });
  const wanted = resolve(root, file);
  // The file itself may be new; its folder must be there.
  const parent = await realpath(dirname(wanted)).catch(() => {
    throw new ToolError(`there is no ${file}`);
  });
  const path = await realpath(join(parent, basename(wanted))).catch(() => join(parent, basename(wanted)));
  const inside = relative(root, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
    throw new ToolError(`${file} lies outside the folder`);
  return path;
}
