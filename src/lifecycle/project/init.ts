import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { quoteName } from '../../core/checkpoints/quote-name.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { didYouMean } from '../../core/near-matches.js';
import { PROMPTS_FOLDER, SCOPE_FILE } from '../../core/project/project-folder.js';
import { parsePromptTemplate } from '../../core/prompts/prompt-template.js';
import { SCOPE_VERSION } from '../../core/scope/scope-schema.js';
import { checkScope, writeScope } from '../../core/scope/scope.js';
import { findScopeTask, SCOPE_TASK_NAMES, type ScopeTaskName } from '../../core/scope/tasks.js';
import type { DownloadFiles } from '../../platform/download-files.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

const optionsSchema = z.strictObject({
  folder: z.string().min(1),
  name: z.string().optional(),
  task: z.string().min(1),
  force: z.boolean().default(false),
});

/** Options of {@link initProject}. */
export interface InitOptions {
  /** Folder of the new project; made if need be. */
  readonly folder: string;
  /** What the project is called; as its folder unless told. */
  readonly name?: string | undefined;
  /** A task of scopes, or an everyday word for one. */
  readonly task: string;
  /** Writes among files that are there, and over those of the same name. */
  readonly force?: boolean | undefined;
}

/** What {@link initProject} needs from outside. */
export interface InitPorts {
  readonly files: FileSystem;
  /** Makes folders, and refuses links that lead out of the project. */
  readonly places: Pick<DownloadFiles, 'prepare'>;
  /** Folder with the files of a new project. */
  readonly templates: string;
  /** Folder of the prompts that ship with the toolkit. */
  readonly promptFolder: string;
}

/** What {@link initProject} made. */
export interface InitResult {
  readonly project: string;
  readonly name: string;
  readonly task: string;
  /** From the project's folder, sorted. */
  readonly files: readonly string[];
}

/** Files that have another name in the package, because npm publishes none of the true name. */
const TRUE_NAMES: Readonly<Record<string, string>> = { gitignore: '.gitignore' };

/** Names in the way that a message lists at most. */
const MOST_NAMED = 10;

/**
 * Makes the folder of a project: its scope, and places for data, prompts and evaluation.
 *
 * @throws ToolkitError `USAGE` for a folder that is not empty, unless forced, and for a name or task that will not do,
 *   before anything is written; `WRITE_FAILED` where a link leads out of the folder
 */
export async function initProject(options: InitOptions, ports: InitPorts): Promise<InitResult> {
  const { folder, name, task: word, force } = parseOptions(optionsSchema, options);
  const project = resolve(folder);
  const task = findScopeTask(word);
  if (task === undefined) {
    throw new ToolkitError(
      `--task: ${quoteName(word)} is not known`,
      'USAGE',
      `${didYouMean(word, SCOPE_TASK_NAMES) ?? ''} Known: ${SCOPE_TASK_NAMES.join(', ')}.`.trim(),
    );
  }
  const scope = checkScope({ version: SCOPE_VERSION, name: name ?? basename(project), task });
  await assertMayWrite(project, force, ports.files);
  const content = new Map(await readTemplates(ports, { name: scope.name, task: `${task} (see scope.yaml)` }));
  for (const [file, text] of await readPrompts(ports, task)) content.set(`${PROMPTS_FOLDER}/${file}`, text);
  // The scope makes the folder a project, so it is written when all else is there.
  for (const [path, text] of [...content, [SCOPE_FILE, writeScope(scope)] as const])
    await ports.files.writeAtomic(await ports.places.prepare(project, path.split('/')), text);
  return { project, name: scope.name, task, files: [...content.keys(), SCOPE_FILE].sort() };
}

/**
 * Makes sure that a project may be written to a folder; a command asks before it asks the user anything.
 *
 * @throws ToolkitError `USAGE` that names what is in the way
 */
export async function assertMayWrite(folder: string, force: boolean, files: FileSystem): Promise<void> {
  const info = await files.stat(folder);
  if (info?.kind === 'file')
    throw new ToolkitError(`${folder}: is a file, a folder is needed`, 'USAGE', 'Choose another folder.');
  if (info === undefined || force) return;
  const names = await files.list(folder);
  if (names.length === 0) return;
  const shown = names.slice(0, MOST_NAMED).map(quoteName).join(', ');
  const more = names.length - MOST_NAMED;
  throw new ToolkitError(
    `${folder}: is not empty; in the way: ${shown}${more > 0 ? ` and ${more} more` : ''}`,
    'USAGE',
    'Choose another folder; or --force to write among them, over files of the same name.',
  );
}

/** The prompts that ship with the toolkit for a task, by their file. */
async function readPrompts(
  { files, promptFolder }: InitPorts,
  task: ScopeTaskName,
): Promise<[string, string][]> {
  const own: [string, string][] = [];
  for (const name of (await files.list(promptFolder)).filter((file) => file.endsWith('.md')).sort()) {
    const text = await files.readText(join(promptFolder, name));
    if ((await parsePromptTemplate(text, name)).settings.task === task) own.push([name, text]);
  }
  return own;
}

/** The files of the template, by their path in the project, with what stands in braces filled in. */
async function readTemplates(
  { files, templates }: InitPorts,
  values: Readonly<Record<string, string>>,
): Promise<[string, string][]> {
  const read = async (folder: string): Promise<[string, string][]> => {
    const entries: [string, string][] = [];
    for (const name of await files.list(join(templates, folder))) {
      const source = `${folder}${name}`;
      if ((await files.stat(join(templates, source)))?.kind === 'directory') {
        entries.push(...(await read(`${source}/`)));
        continue;
      }
      const text = await files.readText(join(templates, source));
      const filled = text.replace(/\{\{(\w+)\}\}/g, (mark, key: string) => values[key] ?? mark);
      entries.push([`${folder}${TRUE_NAMES[name] ?? name}`, filled]);
    }
    return entries;
  };
  return read('');
}
