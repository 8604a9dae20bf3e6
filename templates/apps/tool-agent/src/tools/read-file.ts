import { readdir, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { tool, ToolError } from '../tool.js';
import { placeIn } from './place-in.js';

/** Bytes of a file at most. */
const LARGEST_FILE = 1_000_000;

/** Reads text files of one folder. */
export const readFileIn = (folder: string) =>
  tool({
    name: 'read_file',
    description: 'Reads a text file. With "." it lists the files that there are.',
    inputSchema: z.strictObject({ file: z.string().min(1).max(500) }),
    async run({ file }) {
      if (file === '.') return (await readdir(folder).catch(() => [])).join('\n');
      const path = await placeIn(folder, file);
      const info = await stat(path).catch(() => undefined);
      if (info === undefined || !info.isFile()) throw new ToolError(`there is no file ${file}`);
      if (info.size > LARGEST_FILE) throw new ToolError(`${file} is too large`);
      return readFile(path, 'utf8');
    },
  });
