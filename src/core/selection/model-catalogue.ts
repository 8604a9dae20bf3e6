import { join } from 'node:path';
import { ToolkitError } from '../errors/toolkit-error.js';
import { findModelCard, loadModelCards } from '../model-cards/find-model-card.js';
import { didYouMean } from '../near-matches.js';
import { selectableModel, type CardOrigin, type SelectableModel } from './selectable-model.js';
import type { FileSystem } from '../../platform/file-system.js';

/** Where cards of the user lie: beside the project, and for all projects where the system has a place for that. */
export interface CardFolders {
  readonly project: string;
  readonly user?: string | undefined;
}

/** What the choice of a model needs of the machine. */
export interface CataloguePorts {
  readonly fileSystem: FileSystem;
  readonly cardFolders: CardFolders;
}

/** A card of the user's, with the file that it stands in. */
export interface UserModel {
  readonly path: string;
  readonly model: SelectableModel;
}

async function readFolder(
  { fileSystem }: CataloguePorts,
  folder: string | undefined,
  origin: CardOrigin,
): Promise<UserModel[]> {
  if (folder === undefined || (await fileSystem.stat(folder))?.kind !== 'directory') return [];
  const names = (await fileSystem.list(folder)).filter((name) => name.endsWith('.md'));
  if (names.length === 0) return [];
  const { readUserCard } = await import('./user-card.js');
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, model: selectableModel(readUserCard(await fileSystem.readText(path), path), origin) };
    }),
  );
}

/**
 * Cards of the user: those of the project, then the others.
 *
 * @throws ToolkitError `BAD_CHECKPOINT` for a card that was damaged
 */
export async function loadUserModels(ports: CataloguePorts): Promise<UserModel[]> {
  const { project, user } = ports.cardFolders;
  const own = await readFolder(ports, project, 'project');
  const shared = await readFolder(ports, user, 'user');
  const ids = new Set(own.map(({ model }) => model.card.id));
  return [...own, ...shared.filter(({ model }) => !ids.has(model.card.id))];
}

/**
 * Every model that may be chosen, sorted by id: the toolkit's cards and the user's, which stand in for those of the
 * same id.
 *
 * @throws ToolkitError `BAD_CHECKPOINT` for a card that was damaged
 */
export async function loadModels(ports: CataloguePorts): Promise<SelectableModel[]> {
  const own = (await loadUserModels(ports)).map(({ model }) => model);
  const ids = new Set(own.map(({ card }) => card.id));
  const builtIn = (await loadModelCards())
    .filter(({ id }) => !ids.has(id))
    .map((card) => selectableModel(card));
  return [...builtIn, ...own].sort((a, b) => a.card.id.localeCompare(b.card.id));
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9.]/g, '');

function isNamed({ card }: SelectableModel, name: string): boolean {
  return plain(card.id) === plain(name) || plain(card.name) === plain(name) || card.huggingFaceId === name;
}

/** The user's own model of a name, as {@link findModel} reads it. */
export async function findUserModel(
  name: string,
  ports: CataloguePorts,
): Promise<SelectableModel | undefined> {
  const own = await loadUserModels(ports);
  return own.find(({ model }) => isNamed(model, name))?.model;
}

/**
 * The model of a name: an id, a name however spelled, or a repository of the hub.
 *
 * @throws ToolkitError `NOT_FOUND` with the nearest ids
 */
export async function findModel(name: string, models: readonly SelectableModel[]): Promise<SelectableModel> {
  const own = models.find((model) => model.origin !== 'toolkit' && isNamed(model, name));
  const card = own?.card ?? (await findModelCard(name.replace(/^hf:/, '')));
  const found = own ?? models.find((model) => model.card.id === card?.id);
  if (found !== undefined) return found;
  const ids = models.map(({ card }) => card.id);
  throw new ToolkitError(
    `${JSON.stringify(name)}: no model of that name is known`,
    'NOT_FOUND',
    `${didYouMean(name, ids) ?? ''} See genai select list; genai select add makes another known.`.trim(),
  );
}
