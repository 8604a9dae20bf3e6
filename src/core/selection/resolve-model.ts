import { join } from 'node:path';
import { readJsonObject } from '../checkpoints/json-file.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { memoryModel, type MemoryModel } from '../memory/memory-model.js';
import { looksLikeNumber, parseParameterCount } from '../memory/parameter-count.js';
import { typicalModel } from '../memory/typical-model.js';
import { didYouMean } from '../near-matches.js';
import type { CardFolders } from './model-catalogue.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { ModelHub } from '../../platform/model-hub.js';

/** What a model's name turned out to be. */
export interface ResolvedModel {
  readonly model: MemoryModel;
  /** As it is spoken of: the count, the card's name, the path. */
  readonly name: string;
  readonly source: 'count' | 'card' | 'config' | 'checkpoint' | 'gguf' | 'hub';
  /** On the hub, where the weights are not here. */
  readonly repository?: string;
  /** Bytes of the weights as they are stored, where the name led to a file that tells. */
  readonly storedBytes?: number;
}

/** What {@link resolveModel} needs of the machine. */
export interface ResolveModelPorts {
  readonly fileSystem: FileSystem;
  /** Where `hf:ORG/NAME` is looked up. */
  readonly hub?: () => Promise<ModelHub>;
  /** Where the user's own model cards lie. */
  readonly cardFolders?: CardFolders;
}

const HUB_PREFIX = 'hf:';
/** Files of one model: the largest published have some dozens. */
const MOST_SPLITS = 1000;
const WAYS =
  'Give a count such as 7B, 124M or 1.5e9, a model such as llama-3.1-8b, a config.json, the folder of a checkpoint, ' +
  'a GGUF file, or hf:ORG/NAME.';

/**
 * The shape of a model that is named by a parameter count, a model card, a `config.json`, the folder of a checkpoint, a
 * GGUF file, or `hf:ORG/NAME`. No weights are read.
 *
 * @throws ToolkitError `USAGE` or `NOT_FOUND` for a name that is none of these, `BAD_CHECKPOINT` or `UNSUPPORTED` for
 *   a file that cannot be read, `NETWORK` when the hub cannot be reached
 */
export async function resolveModel(name: string, ports: ResolveModelPorts): Promise<ResolvedModel> {
  const count = parseParameterCount(name);
  if (count !== undefined) return { model: typicalModel(count), name, source: 'count' };
  if (name.startsWith(HUB_PREFIX)) return fromHub(name.slice(HUB_PREFIX.length), ports);
  const info = await ports.fileSystem.stat(name);
  if (info === undefined) return fromCard(name, ports);
  if (info.kind === 'directory') return fromConfig(await configOf(name, ports), name, 'checkpoint', ports);
  return name.toLowerCase().endsWith('.gguf')
    ? fromGguf(name, ports)
    : fromConfig(name, name, 'config', ports);
}

async function configOf(folder: string, { fileSystem }: ResolveModelPorts): Promise<string> {
  const path = join(folder, 'config.json');
  if ((await fileSystem.stat(path))?.kind === 'file') return path;
  throw new ToolkitError(
    `${folder}: the folder has no config.json`,
    'NOT_FOUND',
    'Give the folder of a checkpoint.',
  );
}

async function fromConfig(
  path: string,
  name: string,
  source: 'config' | 'checkpoint',
  { fileSystem }: ResolveModelPorts,
): Promise<ResolvedModel> {
  const config = await readJsonObject(fileSystem, path);
  const { readModelStructure } = await import('../model-structures/index.js');
  return { model: memoryModel(readModelStructure(config, path)), name, source };
}

/** The files of a model that llama.cpp has split: `NAME-00001-of-00003.gguf` and its fellows. */
function splitPaths(path: string): string[] {
  const { stem, count } = /^(?<stem>.*)-\d{5}-of-(?<count>\d{5})\.gguf$/i.exec(path)?.groups ?? {};
  if (stem === undefined || count === undefined) return [path];
  return Array.from(
    { length: Math.min(Number(count), MOST_SPLITS) },
    (_, index) => `${stem}-${String(index + 1).padStart(5, '0')}-of-${count}.gguf`,
  );
}

async function fromGguf(path: string, { fileSystem }: ResolveModelPorts): Promise<ResolvedModel> {
  const { readGgufHeader } = await import('../checkpoints/gguf-header.js');
  const { ggufMemoryModel } = await import('../memory/gguf-model.js');
  const headers = [];
  for (const part of splitPaths(path)) {
    const file = await fileSystem.open(part);
    try {
      headers.push(await readGgufHeader(file, part));
    } finally {
      await file.close();
    }
  }
  const model = ggufMemoryModel(path, headers);
  return { model, name: path, source: 'gguf', storedBytes: model.weightBytes };
}

async function fromHub(id: string, { hub }: ResolveModelPorts): Promise<ResolvedModel> {
  if (hub === undefined) throw new ToolkitError(`hf:${id}: no model hub is at hand`, 'UNSUPPORTED');
  const { config, totalBytes } = await (await hub()).readModelFacts(id);
  const { readModelStructure } = await import('../model-structures/index.js');
  const model = memoryModel(readModelStructure(config, `${HUB_PREFIX}${id}/config.json`));
  return {
    model,
    name: id,
    source: 'hub',
    repository: id,
    ...(totalBytes > 0 && { storedBytes: totalBytes }),
  };
}

/** The configuration and the name of a model that has a card: the user's own, or the toolkit's. */
async function findCard(name: string, { fileSystem, cardFolders }: ResolveModelPorts) {
  const { findModelCard } = await import('../model-cards/index.js');
  const card = await findModelCard(name);
  if (cardFolders === undefined) return card;
  const { findUserModel } = await import('./model-catalogue.js');
  return (await findUserModel(name, { fileSystem, cardFolders }))?.card ?? card;
}

async function fromCard(name: string, ports: ResolveModelPorts): Promise<ResolvedModel> {
  const card = looksLikeNumber(name) ? undefined : await findCard(name, ports);
  if (card === undefined) {
    const { modelCardIds } = await import('../model-cards/index.js');
    const guess = didYouMean(name, modelCardIds());
    throw new ToolkitError(
      `${name}: neither a number of parameters, nor a model that is known, nor a file or folder that exists`,
      looksLikeNumber(name) ? 'USAGE' : 'NOT_FOUND',
      guess === undefined ? WAYS : `${guess} ${WAYS}`,
    );
  }
  const { readModelStructure } = await import('../model-structures/index.js');
  const structure = readModelStructure(card.config, card.id);
  const { huggingFaceId: repository } = card;
  return {
    model: memoryModel(structure),
    name: card.name,
    source: 'card',
    ...(repository !== null && { repository }),
  };
}
