import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { readJsonObject, type JsonObject } from '../../core/checkpoints/json-file.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import {
  LONGEST_CARD,
  readModelCardText,
  type HuggingFaceCard,
} from '../../core/model-cards/hugging-face-form.js';
import { findModelCard, modelCardIds, type Task } from '../../core/model-cards/index.js';
import { didYouMean } from '../../core/near-matches.js';
import { SCOPE_FILE } from '../../core/project/project-folder.js';
import {
  followsInstructions,
  selectableModel,
  type SelectableCard,
} from '../../core/selection/selectable-model.js';
import { knownTask, userCard, writeUserCard, type OwnFields } from '../../core/selection/user-card.js';
import type { ModelHub } from '../../platform/model-hub.js';
import { parseOptions } from '../parse-options.js';
import { loadUserModels, type CataloguePorts } from '../../core/selection/model-catalogue.js';
import { describeModel, type ModelDescription } from './show.js';

const optionsSchema = z.object({
  /** The folder of a checkpoint, or `hf:ORG/NAME`. */
  model: z.string().min(1, 'names no model'),
  /** The id to give it; by default made from its name. */
  as: z.string().min(1).optional(),
  /** Whose cards it joins: this project's or all of the user's. */
  to: z.enum(['project', 'user']).optional(),
  /** Takes the place of a card of the same id. */
  force: z.boolean().default(false),
});

/** Options of {@link addModel}. */
export type AddModelOptions = z.input<typeof optionsSchema>;

/** What {@link addModel} needs. */
export interface AddModelPorts extends CataloguePorts {
  readonly hub: () => Promise<Pick<ModelHub, 'readModelFacts' | 'readFile' | 'findCachedSnapshot'>>;
  readonly signal?: AbortSignal | undefined;
}

/** A card that was written. */
export interface AddedModel {
  readonly path: string;
  readonly model: ModelDescription;
}

/** A model as its files tell of it. */
interface Source {
  readonly config: JsonObject;
  readonly card: HuggingFaceCard;
  readonly name: string;
  readonly organisation: string;
  readonly huggingFaceId: string | null;
  readonly folder?: string;
}

const HUB_PREFIX = 'hf:';
const NO_CARD: HuggingFaceCard = readModelCardText('');

async function readFolder(folder: string, { fileSystem }: AddModelPorts): Promise<Source> {
  const info = await fileSystem.stat(folder);
  if (info?.kind !== 'directory') {
    throw new ToolkitError(
      info === undefined
        ? `${folder}: no such folder`
        : `${folder}: is a file, the folder of a model is needed`,
      info === undefined ? 'NOT_FOUND' : 'USAGE',
      'Give the folder of a checkpoint, or hf:ORG/NAME.',
    );
  }
  const isThere = async (name: string): Promise<boolean> =>
    (await fileSystem.stat(join(folder, name)))?.kind === 'file';
  if (!(await isThere('config.json'))) {
    const isAdapter = await isThere('adapter_config.json');
    throw new ToolkitError(
      `${folder}: the folder has no config.json`,
      'NOT_FOUND',
      isAdapter
        ? 'It holds an adapter: merge it into its model first, with genai adapt merge.'
        : 'Give the folder of a checkpoint.',
    );
  }
  const readme = join(folder, 'README.md');
  const size = (await fileSystem.stat(readme))?.size ?? 0;
  const card =
    size > 0 && size <= 4 * LONGEST_CARD
      ? readModelCardText(await fileSystem.readText(readme), readme)
      : NO_CARD;
  const path = resolve(folder);
  return {
    config: await readJsonObject(fileSystem, join(folder, 'config.json')),
    ...{ card, name: basename(path), organisation: 'local', huggingFaceId: null, folder: path },
  };
}

async function readHub(id: string, ports: AddModelPorts): Promise<Source> {
  const hub = await ports.hub();
  const { config, commit } = await hub.readModelFacts(id, undefined, ports.signal);
  const where = `${HUB_PREFIX}${id}/README.md`;
  const snapshot = await hub.findCachedSnapshot(id);
  const cached = snapshot && join(snapshot.folder, 'README.md');
  const isCached = cached !== undefined && (await ports.fileSystem.stat(cached))?.kind === 'file';
  const text = isCached ? await ports.fileSystem.readText(cached) : await readReadme(hub, id, commit, ports);
  return {
    config,
    card: text === undefined ? NO_CARD : readModelCardText(text, where),
    name: id.slice(id.indexOf('/') + 1),
    organisation: id.slice(0, id.indexOf('/')),
    huggingFaceId: id,
  };
}

/** `undefined` where the repository has none. */
async function readReadme(
  hub: Pick<ModelHub, 'readFile'>,
  id: string,
  commit: string,
  { signal }: AddModelPorts,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of hub.readFile({ id, commit, path: 'README.md', offset: 0 }, signal)) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > LONGEST_CARD) break;
    }
  } catch (error) {
    if (error instanceof ToolkitError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  return text + decoder.decode();
}

function idFrom(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 100);
}

function checkedId(id: string, flag: boolean): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(id)) {
    throw new ToolkitError(
      flag
        ? `--as: ${JSON.stringify(id)} is no id`
        : 'the name of the model has no letters or digits to make an id of',
      'USAGE',
      'Give --as with lower-case letters, digits, dots and dashes, such as my-llama-8b.',
    );
  }
  if (modelCardIds().includes(id)) {
    throw new ToolkitError(
      `${id}: the toolkit has a card of that id`,
      'USAGE',
      `Give yours another one with --as, such as --as my-${id}.`,
    );
  }
  return id;
}

/** Tasks that a published card names, or that every model of its kind was trained for. */
function tasksOf({ data }: HuggingFaceCard, base: SelectableCard | undefined, kind: string): Task[] {
  const named = [data.pipeline_tag, ...data.tags, ...data.results.map((result) => result.task_type)];
  const tasks = named.map((name) => knownTask(name)).filter((task) => task !== undefined);
  if (tasks.length > 0) return [...new Set(tasks)];
  if (base !== undefined) return [...base.tasks];
  return [kind === 'encoder' ? 'fill-mask' : kind === 'decoder' ? 'text-generation' : 'text2text-generation'];
}

/** The card with what it does not say taken over from the model that it was made from. */
function inherit(card: HuggingFaceCard, base: SelectableCard | undefined): HuggingFaceCard {
  if (base === undefined) return card;
  const { data } = card;
  return {
    ...card,
    data: {
      ...data,
      license: data.license ?? base.licence,
      language: data.language.length > 0 ? data.language : base.languages,
    },
  };
}

/** What the card must say that the hub has no field for. */
function ownFields(
  source: Source,
  base: SelectableCard | undefined,
  { id, kind }: { id: string; kind: string },
): OwnFields {
  const { card, name, organisation, huggingFaceId, folder, config } = source;
  const { data } = card;
  const isGated = Object.keys(data.others).some((field) => field.startsWith('extra_gated_'));
  const named = { instructionTuned: false, huggingFaceId: null, variants: [`${organisation}/${name}`] };
  const inherited = data.license === undefined && base !== undefined;
  return {
    id,
    name,
    organisation,
    hugging_face_id: huggingFaceId,
    ...(folder !== undefined && { folder }),
    released: 'unknown',
    weights: isGated ? 'gated' : 'open',
    config,
    training_tokens: null,
    training_data: [
      ...(base === undefined ? [] : [`as ${base.name}`]),
      ...(data.datasets.length === 0 ? ['not said'] : data.datasets),
    ].join(', then '),
    tasks: tasksOf(card, base, kind),
    best_uses: [],
    limits: [],
    instruction_tuned: data.tags.includes('conversational') || followsInstructions(named),
    ...(inherited && {
      note: `Licence and languages, where its card names none, are those of ${base.name}.`,
    }),
  };
}

/** Where the card goes: the project's folder where there is a project, else the user's. */
async function targetFolder(
  to: 'project' | 'user' | undefined,
  { cardFolders, fileSystem }: AddModelPorts,
): Promise<string> {
  const { project, user } = cardFolders;
  if (to === 'user' && user === undefined) {
    throw new ToolkitError(
      '--to user: the environment names no home folder',
      'USAGE',
      'Set HOME or XDG_DATA_HOME, or choose --to project.',
    );
  }
  if (to === 'project' || user === undefined) return project;
  if (to === 'user') return user;
  const hasProject =
    (await fileSystem.stat(project)) !== undefined ||
    (await fileSystem.stat(join(project, '..', SCOPE_FILE))) !== undefined;
  return hasProject ? project : user;
}

/**
 * Makes a model known to everything that chooses models, from its `config.json` and its card on the hub. No weights are
 * read. What the card does not say is taken over from the model that it was made from, where that one is known.
 *
 * @throws ToolkitError `NOT_FOUND`, `NETWORK`, `BAD_CHECKPOINT` or `UNSUPPORTED` for a model that cannot be read,
 *   `USAGE` for an id that is taken
 */
export async function addModel(options: AddModelOptions, ports: AddModelPorts): Promise<AddedModel> {
  const { model: name, as, to, force } = parseOptions(optionsSchema, options);
  const source = name.startsWith(HUB_PREFIX)
    ? await readHub(name.slice(HUB_PREFIX.length), ports)
    : await readFolder(name, ports);
  const id = checkedId(as ?? idFrom(source.name), as !== undefined);
  const known = await loadUserModels(ports);
  const folder = await targetFolder(to, ports);
  const path = join(folder, `${id}.md`);
  if (!force && (await ports.fileSystem.stat(path)) !== undefined) {
    throw new ToolkitError(
      `${path}: there is a card of that id already`,
      'USAGE',
      'Give another one with --as, or add --force to write over it.',
    );
  }
  const [baseName] = source.card.data.base_model;
  const base =
    baseName === undefined
      ? undefined
      : (known.find(({ model: { card } }) => card.huggingFaceId === baseName)?.model.card ??
        (await findModelCard(baseName)));
  const { readModelStructure } = await import('../../core/model-structures/index.js');
  const { kind } = readModelStructure(source.config, `${name}: config.json`).shape;
  const own = ownFields(source, base, { id, kind });
  const published = inherit(source.card, base);
  const model = selectableModel(
    userCard(own, published, path),
    folder === ports.cardFolders.project ? 'project' : 'user',
  );
  await ports.fileSystem.writeAtomic(path, writeUserCard(own, published));
  return { path, model: describeModel(model) };
}

/** A card that was taken away. */
export interface RemovedModel {
  readonly id: string;
  readonly path: string;
}

const removeSchema = z.object({ id: z.string().min(1, 'names no model') });

/**
 * Takes a card of the user's away again; the model itself stays where it is.
 *
 * @throws ToolkitError `NOT_FOUND` for an id that no card of the user's has
 */
export async function removeModel(
  options: z.input<typeof removeSchema>,
  ports: CataloguePorts,
): Promise<RemovedModel> {
  const { id } = parseOptions(removeSchema, options);
  const own = await loadUserModels(ports);
  const found = own.find(({ model }) => model.card.id === id);
  if (found === undefined) {
    const ids = own.map(({ model }) => model.card.id);
    const isBuiltIn = modelCardIds().includes(id);
    throw new ToolkitError(
      `${JSON.stringify(id)}: ${isBuiltIn ? 'comes with the toolkit and cannot be removed' : 'no card of yours has that id'}`,
      isBuiltIn ? 'USAGE' : 'NOT_FOUND',
      didYouMean(id, ids) ??
        (ids.length === 0 ? 'You have added no model yet.' : `Yours: ${ids.join(', ')}.`),
    );
  }
  await ports.fileSystem.remove(found.path);
  return { id, path: found.path };
}
