import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { PROMPTS_FOLDER } from '../project/project-folder.js';
import { parsePromptTemplate, type PromptTemplate } from '../prompts/prompt-template.js';
import { readPromptFile } from './prompt-file.js';

/** Where prompts are read from. */
export interface PromptFolderPorts {
  readonly files: FileSystem;
  /** Folder of the prompts that ship with the toolkit. */
  readonly promptFolder: string;
}

/** Ending of the files of prompts. */
const ENDING = '.md';

/** Names of the prompts that ship with the toolkit and whose answers can be measured. */
export async function starterPrompts({ files, promptFolder }: PromptFolderPorts): Promise<string[]> {
  const names: string[] = [];
  for (const file of (await files.list(promptFolder)).filter((name) => name.endsWith(ENDING)).sort()) {
    const { settings } = await readPromptFile(files, join(promptFolder, file));
    if (settings.answer !== undefined) names.push(file.slice(0, -ENDING.length));
  }
  return names;
}

/**
 * Reads a prompt by its file, by the name of one in the project's `prompts` folder, or by that of one that ships with the
 * toolkit.
 *
 * @throws ToolkitError `NOT_FOUND`, with the name that may be meant; `USAGE` for a template that is wrong
 */
export async function openPrompt(name: string, ports: PromptFolderPorts): Promise<PromptTemplate> {
  const { files, promptFolder } = ports;
  for (const path of [name, join(PROMPTS_FOLDER, `${name}${ENDING}`)])
    if ((await files.stat(path))?.kind === 'file') return readPromptFile(files, path);
  const starters = await starterPrompts(ports);
  if (starters.includes(name)) {
    return parsePromptTemplate(await files.readText(join(promptFolder, `${name}${ENDING}`)), name);
  }
  throw new ToolkitError(
    `--prompt ${name}: no such file, and no prompt of that name`,
    'NOT_FOUND',
    didYouMean(name, starters) ?? `Prompts that ship with the toolkit: ${starters.join(', ')}.`,
  );
}
