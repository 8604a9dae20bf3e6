import process from 'node:process';
import { text } from 'node:stream/consumers';
import type { FileSystem } from '../platform/file-system.js';

/** Where a command reads what the user types or pipes in. */
export type StandardInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** The input of this process. */
export function standardInput(): StandardInput {
  return process.stdin;
}

/**
 * The prompts of a command line: those given as such, or one in a file, which may be `-` for standard input. The file's
 * last line break is not part of it.
 */
export async function readPrompts(
  flags: { readonly prompt?: string[] | undefined; readonly 'prompt-file'?: string | undefined },
  files: FileSystem,
  input: StandardInput,
): Promise<string[]> {
  const path = flags['prompt-file'];
  if (path === undefined) return flags.prompt ?? [];
  const content = path === '-' ? await text(input) : await files.readText(path);
  return [content.replace(/\r?\n$/, '')];
}
