import { basename, dirname, join, resolve } from 'node:path';
import { parseAllDocuments, type Document } from 'yaml';
import { z } from 'zod';
import { quoteName } from '../../core/checkpoints/quote-name.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

/** What a server can be put into. */
const CONTAINER_TARGETS = ['docker', 'compose', 'kubernetes', 'systemd', 'all'] as const;

/** Files of a target, by the template that each is made from. */
const TEMPLATES_OF: Readonly<Record<(typeof CONTAINER_TARGETS)[number], readonly string[]>> = {
  docker: ['Dockerfile', 'dockerignore', 'entrypoint.sh'],
  compose: ['Dockerfile', 'dockerignore', 'entrypoint.sh', 'compose.yaml'],
  kubernetes: ['Dockerfile', 'dockerignore', 'entrypoint.sh', 'kubernetes.yaml'],
  systemd: ['systemd.service'],
  all: ['Dockerfile', 'dockerignore', 'entrypoint.sh', 'compose.yaml', 'kubernetes.yaml', 'systemd.service'],
};

/** Where a model lies in a container. */
const MODEL_PLACE = '/model';

/** Share that a limit is above the estimate: estimates of running models have been wrong by less. */
const HEADROOM = 0.25;
/** Limits are multiples of this, in MiB, and no smaller than four of them: Node alone takes 100. */
const MEMORY_STEP = 128;
/** Share that a volume is larger than the model, for another version of it or an adapter. */
const VOLUME_HEADROOM = 0.5;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Tokens of a prompt and its answer. */
const USUAL_CONTEXT = 2048;

/** A name in Kubernetes (RFC 1123), short enough for what is put behind it. */
const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
/** An image's name with its tag or digest, as the distribution's reference grammar has it; without a tag it means another image tomorrow. */
const IMAGE =
  /^(?:[a-z0-9]+(?:[.-][a-z0-9]+)*(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$/;

/** A path that every format can hold: line breaks and other control characters end what they stand in. */
const path = z
  .string()
  .min(1)
  .regex(/^\P{Cc}+$/u, 'must have no line breaks and no other control characters');

const optionsSchema = z.strictObject({
  model: path,
  target: z.enum(CONTAINER_TARGETS),
  out: z.string().min(1),
  name: z
    .string()
    .regex(NAME, 'must be lower-case letters, digits and hyphens, 40 at most, and begin with a letter')
    .optional(),
  image: z
    .string()
    .max(255)
    .regex(IMAGE, 'must be the name of an image with its tag, e.g. registry.example.com/models/first:1.0')
    .optional(),
  /** Ordinary users may listen to none below 1024. */
  port: z.number().int().min(1024).max(65_535),
  slots: z.number().int().min(1),
  /** By default {@link USUAL_CONTEXT}, or the model's own limit where that is less. */
  context: z.number().int().min(2).optional(),
  cpus: z.number().int().min(1).max(1024),
  memoryGib: z.number().positive().max(65_536).optional(),
  modelInImage: z.boolean().default(false),
  program: z.string().regex(/^\/[\w./+@-]+$/, 'must be an absolute path of plain letters'),
  force: z.boolean().default(false),
});

/** Options of {@link deployContainer}. */
export type DeployContainerOptions = z.input<typeof optionsSchema>;
type Parsed = z.output<typeof optionsSchema>;

/** What {@link deployContainer} needs from outside. */
export interface DeployContainerPorts {
  readonly files: FileSystem;
  /** Folder with a file for each file that is made. */
  readonly templates: string;
  /** Version of the toolkit that the image gets. */
  readonly version: string;
  readonly describeModel: (model: string) => Promise<ServedModel>;
}

/** What the limits rest on. */
export interface ServedModel {
  /** Positions that the model was made for. */
  readonly contextLength: number;
  /** Bytes that it takes to serve it to so many requests at once, of so many tokens each. */
  readonly servingBytes: (slots: number, context: number) => number;
}

/** What {@link deployContainer} made. */
export interface DeployContainerResult {
  readonly target: (typeof CONTAINER_TARGETS)[number];
  readonly name: string;
  readonly image: string;
  readonly folder: string;
  readonly model: string;
  readonly files: readonly string[];
  readonly memory_limit_bytes: number;
  /** `null` where the user set the limit. */
  readonly estimated_bytes: number | null;
  /** What to run next, one for each target. */
  readonly commands: readonly string[];
}

/** What stands in the files. */
interface Settings extends Pick<Parsed, 'port' | 'slots' | 'cpus' | 'program' | 'modelInImage'> {
  readonly context: number;
  readonly name: string;
  readonly image: string;
  readonly version: string;
  /** Absolute path of the model on this machine. */
  readonly source: string;
  /** File of the model, or `null` where it is a folder. */
  readonly file: string | null;
  readonly memoryMib: number;
  readonly storageGib: number;
}

/**
 * Writes what runs a model server elsewhere: an image, a compose file, Kubernetes manifests, a systemd unit.
 *
 * @throws ToolkitError `USAGE` for values that a format cannot hold safely, and for files that are there unless forced;
 *   `NOT_FOUND` for a model that is none; `CONTEXT_OVERFLOW`; whatever the model's description throws. Nothing is written then.
 */
export async function deployContainer(
  options: DeployContainerOptions,
  ports: DeployContainerPorts,
): Promise<DeployContainerResult> {
  const chosen = parseOptions(optionsSchema, options);
  const { files } = ports;
  const source = resolve(chosen.model);
  const bytes = await modelBytes(files, source);
  const { contextLength, servingBytes } = await ports.describeModel(source);
  const context = chosen.context ?? Math.min(USUAL_CONTEXT, contextLength);
  if (context > contextLength) {
    throw new ToolkitError(
      `--context ${context}: the model was made for ${contextLength} positions`,
      'CONTEXT_OVERFLOW',
      `Choose at most ${contextLength}, or a model with a longer context.`,
    );
  }
  const estimated = chosen.memoryGib === undefined ? servingBytes(chosen.slots, context) : null;
  const limit = estimated === null ? chosen.memoryGib! * GIB : estimated * (1 + HEADROOM);
  const name = chosen.name ?? nameOf(source);
  const settings: Settings = {
    ...chosen,
    ...{ name, source, context, version: ports.version },
    image: chosen.image ?? `${name}:${ports.version}`,
    file: bytes.isFile ? basename(source) : null,
    memoryMib: Math.max(4, Math.ceil(limit / MIB / MEMORY_STEP)) * MEMORY_STEP,
    storageGib: Math.ceil((bytes.total * (1 + VOLUME_HEADROOM)) / GIB),
  };

  const folder = resolve(chosen.out);
  const content = new Map<string, string>();
  for (const template of TEMPLATES_OF[chosen.target]) {
    content.set(
      fileName(template, name),
      fill(template, await files.readText(join(ports.templates, template)), settings),
    );
  }
  if (!chosen.force) await assertNoneIsThere(files, folder, [...content.keys()]);
  for (const [file, text] of content) await files.writeAtomic(join(folder, file), text);
  return {
    ...{ target: chosen.target, name, image: settings.image, folder, model: source },
    files: [...content.keys()],
    memory_limit_bytes: settings.memoryMib * MIB,
    estimated_bytes: estimated,
    commands: nextCommands(content, settings, chosen.out),
  };
}

/** How it is recorded in a project, with the command that makes the same again. */
export function containerStep(
  project: string,
  { port, slots, context, cpus, memoryGib, modelInImage, program }: DeployContainerOptions,
  result: DeployContainerResult,
): DoneStep {
  const [model, out] = [result.model, result.folder].map((place) => pathInProject(project, place)) as [
    string,
    string,
  ];
  const words = [
    model,
    '--target',
    result.target,
    '--name',
    result.name,
    '--image',
    result.image,
    ...['--port', `${port}`, '--slots', `${slots}`, '--cpus', `${cpus}`, '--program', program],
    ...(context === undefined ? [] : ['--context', `${context}`]),
    ...(memoryGib === undefined ? [] : ['--memory-gib', `${memoryGib}`]),
    ...(modelInImage ? ['--model-in-image'] : []),
    '--out',
    out,
  ];
  return {
    stage: 'deploy',
    name: `deploy-container-${fileNamePart(out)}-${result.target}`,
    command: `genai deploy container ${words.map(commandWord).join(' ')}`,
    inputs: [model],
    outputs: result.files.map((file) => pathInProject(project, join(result.folder, file))),
    results: { kind: 'container', target: result.target, memory_limit_bytes: result.memory_limit_bytes },
  };
}

async function modelBytes(files: FileSystem, source: string): Promise<{ isFile: boolean; total: number }> {
  const info = await files.stat(source);
  if (info?.kind === 'file' && source.toLowerCase().endsWith('.gguf'))
    return { isFile: true, total: info.size };
  if (info?.kind !== 'directory' || (await files.stat(join(source, 'config.json'))) === undefined) {
    throw new ToolkitError(
      `${source}: is no model`,
      'NOT_FOUND',
      'Give the folder of a model, or a GGUF file.',
    );
  }
  const names = await files.list(source);
  const sizes = await Promise.all(
    names.map(async (name) => (await files.stat(join(source, name)))?.size ?? 0),
  );
  return { isFile: false, total: sizes.reduce((sum, size) => sum + size, 0) };
}

/** `runs/First Model.gguf` becomes `genai-first-model`. */
function nameOf(source: string): string {
  const plain = basename(source)
    .toLowerCase()
    .replace(/\.gguf$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 30)
    .replace(/^-+|-+$/g, '');
  return `genai-${plain || 'model'}`;
}

/** npm publishes no `.dockerignore`, and the unit bears the service's name. */
function fileName(template: string, name: string): string {
  if (template === 'dockerignore') return '.dockerignore';
  return template === 'systemd.service' ? `${name}.service` : template;
}

async function assertNoneIsThere(files: FileSystem, folder: string, names: readonly string[]): Promise<void> {
  const there: string[] = [];
  for (const name of names) if ((await files.stat(join(folder, name))) !== undefined) there.push(name);
  if (there.length === 0) return;
  throw new ToolkitError(
    `${folder}: is there already: ${there.map(quoteName).join(', ')}`,
    'USAGE',
    'Choose another folder, or --force to write over them.',
  );
}

/** The command line of the server, from the word `deploy` on. */
function serveWords({ port, slots, context }: Settings, model: string, host: string): string[] {
  const numbers = { port, slots, context };
  const flags = Object.entries(numbers).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return ['deploy', 'serve', model, '--host', host, ...flags];
}

/** In double quotes, as JSON, YAML and the exec form of Dockerfiles have them; a dollar that means itself is told so. */
const json = (value: unknown): string => JSON.stringify(value);
const withDollars = (value: unknown): string => json(value).replaceAll('$', '$$$$');
/** A list in one line, spaced as linters of YAML want it. */
const listWithDollars = (words: readonly string[]): string => `[${words.map(withDollars).join(', ')}]`;

/** In double quotes, as systemd.syntax(7) has them; `%` begins a specifier. */
const unitPath = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
/** In a command line `$` begins a variable besides (systemd.service(5)). */
const unitWord = (text: string): string => unitPath(text).replaceAll('$', '$$$$');

/** Fills in a template: what the user's own text is goes in as the format quotes it, all else is plain. */
function fill(template: string, text: string, settings: Settings): string {
  const { name, image, version, port, slots, context, cpus, memoryMib, storageGib, source, file, program } =
    settings;
  const place = file === null ? MODEL_PLACE : `${MODEL_PLACE}/${file}`;
  const served = serveWords(settings, place, '0.0.0.0');
  const values: Record<string, string> = {
    ...{ name, image, version, port: `${port}`, slots: `${slots}`, context: `${context}`, cpus: `${cpus}` },
    ...{ memory_mib: `${memoryMib}`, storage_gib: `${storageGib}`, cpu_percent: `${cpus * 100}` },
  };
  const quoted: Record<string, string> = {};
  if (template === 'Dockerfile') values['serve_words'] = json(served);
  if (template === 'compose.yaml') {
    Object.assign(quoted, { model_source: withDollars(source), model_target: withDollars(place) });
  }
  if (template === 'kubernetes.yaml') quoted['serve_words'] = listWithDollars(served);
  if (template === 'systemd.service') {
    values['program'] = unitWord(program);
    values['serve_words'] = serveWords(settings, source, '127.0.0.1').map(unitWord).join(' ');
    values['model_source'] = unitPath(source);
  }
  // In YAML a value that is a mark alone is a number where it is one, not a text.
  const isYaml = template.endsWith('.yaml');
  const filled = text.replace(
    /"\{\{(\w+)\}\}"|\{\{(\w+)\}\}/g,
    (mark, whole: string | undefined, part: string) => {
      if (whole === undefined) return values[part] ?? mark;
      const value = values[whole];
      return quoted[whole] ?? (isYaml && /^\d+$/.test(value ?? '') ? value! : json(value));
    },
  );
  return isYaml && settings.modelInImage
    ? withoutVolume(template, filled, dirname(source), source, file)
    : filled;
}

/** Lines are not broken, and lists in one line have no spaces within their brackets, as linters want it. */
const YAML_STYLE = { lineWidth: 0, flowCollectionPadding: false } as const;

/** Takes the model's volume out, where the image holds the model. */
function withoutVolume(
  template: string,
  text: string,
  parent: string,
  source: string,
  file: string | null,
): string {
  const documents = parseAllDocuments(text) as Document.Parsed[];
  if (template === 'compose.yaml') {
    const folder = (file === null ? source : parent).replaceAll('$', '$$$$');
    documents[0]!.deleteIn(['services', 'model', 'volumes']);
    documents[0]!.setIn(['services', 'model', 'build', 'additional_contexts'], { model: folder });
    return documents[0]!.toString(YAML_STYLE);
  }
  const kept = documents.filter((document) => document.get('kind') !== 'PersistentVolumeClaim');
  const deployment = kept.find((document) => document.get('kind') === 'Deployment')!;
  const pod = ['spec', 'template', 'spec'];
  // The model's volume stands first in both lists.
  deployment.deleteIn([...pod, 'volumes', 0]);
  deployment.deleteIn([...pod, 'containers', 0, 'volumeMounts', 0]);
  return kept.map((document) => document.toString(YAML_STYLE)).join('');
}

function nextCommands(content: ReadonlyMap<string, string>, settings: Settings, out: string): string[] {
  const { name, image, modelInImage, source, file } = settings;
  const folder = commandWord(out);
  const model = commandWord(`model=${file === null ? source : dirname(source)}`);
  const build = `docker build --tag ${image}${modelInImage ? ` --build-context ${model}` : ''} ${folder}`;
  return [
    ...(content.has('Dockerfile') && !content.has('compose.yaml') ? [build] : []),
    ...(content.has('compose.yaml')
      ? [`docker compose --file ${commandWord(join(out, 'compose.yaml'))} up --build --detach`]
      : []),
    ...(content.has('kubernetes.yaml')
      ? [`kubectl apply --filename ${commandWord(join(out, 'kubernetes.yaml'))}`]
      : []),
    ...(content.has(`${name}.service`)
      ? [`sudo install --mode 644 ${commandWord(join(out, `${name}.service`))} /etc/systemd/system/`]
      : []),
  ];
}
