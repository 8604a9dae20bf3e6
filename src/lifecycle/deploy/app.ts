import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeWholeFolder } from '../../core/checkpoints/whole-folder.js';
import { quoteName } from '../../core/checkpoints/quote-name.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { didYouMean } from '../../core/near-matches.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

/** Files that every application has beside its own. */
const COMMON_FOLDER = 'common';

/** Files that have another name in the package, because npm publishes none of the true name. */
const TRUE_NAMES: Readonly<Record<string, string>> = {
  gitignore: '.gitignore',
  'env.example': '.env.example',
};

/** What an application reads its settings from; the example that explains them is where they are set first. */
const SETTINGS = { example: '.env.example', file: '.env' } as const;

/** Characters of npm's package names at most. */
const LONGEST_NAME = 214;

const optionsSchema = z.strictObject({
  template: z.string().min(1),
  out: z.string().min(1).optional(),
  /** Checked for what would end the quotation that it stands in. */
  model: z
    .string()
    .regex(/^[^\p{Cc}']*$/u, 'must have neither control characters nor single quotes')
    .default(''),
  baseUrl: z.string().transform((text, context) => {
    const address = URL.canParse(text) ? new URL(text) : undefined;
    if (address !== undefined && ['http:', 'https:'].includes(address.protocol) && address.username === '') {
      return address.href.replaceAll("'", '%27').replace(/\/$/, '');
    }
    context.addIssue({
      code: 'custom',
      message: `${quoteName(text)} is not an address such as http://127.0.0.1:8080/v1`,
    });
    return z.NEVER;
  }),
});

/** Options of {@link deployApp}. */
export interface DeployAppOptions {
  /** One of {@link listApps}. */
  readonly template: string;
  /** Folder of the application; it must be new or empty. As the template is called unless told. */
  readonly out?: string | undefined;
  /** Where the model server is, with `/v1`. */
  readonly baseUrl: string;
  /** The model that is asked; the first that the server lists unless told. */
  readonly model?: string | undefined;
}

/** What {@link deployApp} needs from outside. */
export interface DeployAppPorts {
  readonly files: FileSystem;
  /** Folder with a folder for each application. */
  readonly templates: string;
}

/** An application that there is. */
export interface AppTemplate {
  readonly name: string;
  readonly description: string;
}

/** What {@link deployApp} made. */
export interface DeployAppResult {
  readonly template: string;
  readonly name: string;
  readonly folder: string;
  readonly base_url: string;
  /** `null`: the first that the server lists. */
  readonly model: string | null;
  /** From the application's folder, sorted. */
  readonly files: readonly string[];
  /** What to run next, in this order. */
  readonly commands: readonly string[];
}

/** The applications that there are: a folder each, described by its `package.json`. */
export async function listApps({ files, templates }: DeployAppPorts): Promise<AppTemplate[]> {
  const names = (await files.list(templates)).filter((name) => name !== COMMON_FOLDER);
  return Promise.all(
    names.map(async (name) => {
      const manifest = JSON.parse(await files.readText(join(templates, name, 'package.json'))) as {
        readonly description: string;
      };
      return { name, description: manifest.description };
    }),
  );
}

/**
 * Makes the folder of an application that asks a model through the OpenAI API.
 *
 * @throws ToolkitError `USAGE` for a template that there is not, an address that is none, and a folder that is not empty;
 *   nothing is written then
 */
export async function deployApp(options: DeployAppOptions, ports: DeployAppPorts): Promise<DeployAppResult> {
  const { template, out = template, baseUrl, model } = parseOptions(optionsSchema, options);
  const known = (await listApps(ports)).map(({ name }) => name);
  if (!known.includes(template)) {
    throw new ToolkitError(
      `--template: ${quoteName(template)} is not known`,
      'USAGE',
      `${didYouMean(template, known) ?? ''} Known: ${known.join(', ')}.`.trim(),
    );
  }
  const folder = resolve(out);
  const name = packageName(basename(folder)) || template;
  const values: Readonly<Record<string, string>> = { name, base_url: baseUrl, model };
  const content = new Map<string, string>();
  for (const source of [COMMON_FOLDER, template]) {
    for (const [path, text] of await readTemplate(ports.files, join(ports.templates, source))) {
      content.set(
        path,
        text.replace(/\{\{(\w+)\}\}/g, (mark, key: string) => values[key] ?? mark),
      );
    }
  }
  content.set(SETTINGS.file, content.get(SETTINGS.example)!);
  await writeWholeFolder(ports.files, folder, {}, async (partial) => {
    for (const [path, text] of content) await ports.files.writeAtomic(join(partial, path), text);
  });
  return {
    ...{ template, name, folder, base_url: baseUrl, model: model === '' ? null : model },
    files: [...content.keys()].sort(),
    commands: [`cd ${commandWord(out)}`, 'npm install', 'npm start'],
  };
}

/** How an application is recorded in a project. */
export function appStep(
  project: string,
  { template, folder, base_url, model, files }: DeployAppResult,
): DoneStep {
  const out = pathInProject(project, folder);
  const words = [
    '--template',
    template,
    '--base-url',
    base_url,
    ...(model === null ? [] : ['--model', model]),
    '--out',
    out,
  ];
  return {
    stage: 'deploy',
    name: `deploy-app-${fileNamePart(out)}`,
    command: `genai deploy app ${words.map(commandWord).join(' ')}`,
    inputs: [],
    outputs: [out],
    results: { kind: 'application', template, files: files.length },
  };
}

/** A folder's name as npm allows it for a package; empty where nothing of it is left. */
function packageName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(0, LONGEST_NAME);
}

/** The files below a folder, by their path in an application. */
async function readTemplate(files: FileSystem, folder: string, inner = ''): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  for (const name of await files.list(join(folder, inner))) {
    const path = `${inner}${name}`;
    if ((await files.stat(join(folder, path)))?.kind === 'directory') {
      entries.push(...(await readTemplate(files, folder, `${path}/`)));
    } else entries.push([`${inner}${TRUE_NAMES[name] ?? name}`, await files.readText(join(folder, path))]);
  }
  return entries;
}
