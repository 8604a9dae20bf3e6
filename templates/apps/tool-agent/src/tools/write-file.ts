import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { tool, ToolError } from '../tool.js';
import { placeIn } from './place-in.js';

/** Writes new files to one folder, when the user allows it, and never over one that is there. */
export const writeFileIn = (folder: string) =>
  tool({
    name: 'write_file',
    description: 'Writes a new text file. The user is asked first.',
    inputSchema: z.strictObject({ file: z.string().min(1).max(500), text: z.string().max(100_000) }),
    hasEffect: true,
    async run({ file, text }) {
      try {
        await writeFile(await placeIn(folder, file), text, { flag: 'wx' });
      } catch (error) {
        if (error instanceof ToolError) throw error;
        throw new ToolError(
          `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
        );
      }
      return `${file} is written.`;
    },
  });
