import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { StateDict, StorageType } from './checkpoint.js';
import { isCompressedTensors } from './compressed-tensors-config.js';
import { isGgufFile } from './gguf/gguf-parts.js';
import { formatJson, isJsonObject, readJsonObject, type JsonObject } from './json-file.js';
import type { ModelFolder } from './opened-model.js';
import { isPickleName, refusePickle } from './pickled-weights.js';
import { isPlainFileName } from './plain-file-name.js';
import { quoteName } from './quote-name.js';
import { readCompressedTensors, type StoredTensors } from './read-compressed-tensors.js';
import {
  castTensors,
  openSafetensors,
  writeStoredTensors,
  type SafetensorsEntry,
  type SafetensorsFile,
  type StoredTensor,
} from './safetensors.js';
import { shardFileName, splitIntoShards } from './shards.js';
import { elementCount, type TensorSource } from './tensor-source.js';
import { copyTokenizerFiles } from './tokenizer-files.js';
import { WRITER_METADATA, writeWholeFolder, type WholeFolderOptions } from './whole-folder.js';

export type { ModelFolder, TensorEntry } from './opened-model.js';

const CONFIG_FILE = 'config.json';
const GENERATION_CONFIG_FILE = 'generation_config.json';
const WEIGHTS_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/** Shard size of older transformers releases and of most published checkpoints, in bytes. */
const DEFAULT_SHARD_BYTES = 5e9;

/** `torch_dtype` in `config.json`. */
const TORCH_DTYPES: Readonly<Record<StorageType, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/**
 * Opens a model folder: reads its JSON files and the headers of its weight files. A GGUF file is opened as the folder
 * that it was made from.
 * @throws NOT_FOUND when there is nothing at `path`; USAGE when it is another file; UNSUPPORTED for pickled weights and
 *   what a GGUF file may hold that is not read here; BAD_CHECKPOINT when a part is missing, damaged or contradicts
 *   another
 */
export async function openModelFolder(files: FileSystem, path: string): Promise<ModelFolder> {
  if (await isGgufFile(files, path))
    return (await import('./gguf/open-gguf-model.js')).openGgufModel(files, path);
  const names = await listModelFolder(files, path);
  assertHasWeights(path, names);
  if (!names.includes(CONFIG_FILE)) {
    throw new ToolkitError(
      `${path}: the model folder has no ${CONFIG_FILE}`,
      'BAD_CHECKPOINT',
      `Get the missing file from where the weights came from.`,
    );
  }
  const configPath = join(path, CONFIG_FILE);
  const config = await readJsonObject(files, configPath);
  const generationConfig = names.includes(GENERATION_CONFIG_FILE)
    ? await readJsonObject(files, join(path, GENERATION_CONFIG_FILE))
    : undefined;
  const weights = names.includes(WEIGHTS_FILE)
    ? await openWeights(files, path, new Map([[WEIGHTS_FILE, []]]))
    : await openWeights(files, path, await readIndex(files, path, names));
  const shared = {
    path,
    configPath,
    ...(generationConfig && { generationConfig }),
    close: () => weights.close(),
  };
  const { quantization_config: quantizationConfig, ...dense } = config;
  if (!isCompressedTensors(quantizationConfig)) return { ...shared, config, ...weights };
  try {
    const tensors = await readCompressedTensors(path, quantizationConfig, weights);
    return { ...shared, config: dense, quantizationConfig, ...tensors };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** The configuration of a model folder, whose weights need not be there, or of a GGUF file; throws as {@link openModelFolder}. */
export async function readModelConfig(
  files: FileSystem,
  path: string,
): Promise<Pick<ModelFolder, 'config' | 'configPath'>> {
  if (await isGgufFile(files, path)) {
    const opened = await openModelFolder(files, path);
    await opened.close();
    return opened;
  }
  const configPath = join(path, CONFIG_FILE);
  return { config: await readJsonObject(files, configPath), configPath };
}

async function listModelFolder(files: FileSystem, path: string): Promise<string[]> {
  const info = await files.stat(path);
  if (info === undefined) {
    throw new ToolkitError(
      `${path}: no such model folder`,
      'NOT_FOUND',
      'Give the path of a folder with config.json and model.safetensors, or of a GGUF file; a model on the Hub must be downloaded first.',
    );
  }
  if (info.kind === 'directory') return files.list(path);
  if (isPickleName(path)) throw refusePickle(path);
  throw new ToolkitError(
    `${path}: is a file, a model folder is needed`,
    'USAGE',
    'Give the folder that holds config.json and model.safetensors, or a GGUF file.',
  );
}

/** Says what is there instead when neither weights nor index are. */
function assertHasWeights(path: string, names: readonly string[]): void {
  if (names.includes(WEIGHTS_FILE) || names.includes(INDEX_FILE)) return;
  if (names.includes('adapter_config.json')) {
    throw new ToolkitError(
      `${path}: holds an adapter, not a model`,
      'USAGE',
      'Give the folder of its base model here, and this one as the adapter.',
    );
  }
  if (names.some((name) => name.endsWith('.safetensors'))) {
    throw new ToolkitError(
      `${path}: has .safetensors files but neither ${WEIGHTS_FILE} nor ${INDEX_FILE}`,
      'BAD_CHECKPOINT',
      'The download is incomplete; get the missing file.',
    );
  }
  const pickle = names.find(isPickleName);
  if (pickle !== undefined) throw refusePickle(join(path, pickle));
  const gguf = names.find((name) => name.endsWith('.gguf'));
  if (gguf !== undefined) {
    throw new ToolkitError(
      `${path}: the folder has no ${WEIGHTS_FILE}, but GGUF files`,
      'USAGE',
      `Name one of them: ${join(path, gguf)}`,
    );
  }
  throw new ToolkitError(
    `${path}: the folder has no ${WEIGHTS_FILE}`,
    'BAD_CHECKPOINT',
    'Give a folder in the Hugging Face layout, with its weights downloaded.',
  );
}

/** Reads the shard index: file name → the tensors it promises to hold. */
async function readIndex(
  files: FileSystem,
  path: string,
  present: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const indexPath = join(path, INDEX_FILE);
  const fail = (problem: string, hint: string): never => {
    throw new ToolkitError(`${indexPath}: ${problem}`, 'BAD_CHECKPOINT', hint);
  };
  const weightMap = (await readJsonObject(files, indexPath))['weight_map'];
  if (!isJsonObject(weightMap)) return fail('weight_map is missing or not an object', 'Get the index again.');
  const shards = new Map<string, string[]>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== 'string' || !isPlainFileName(file)) {
      const where = quoteName(String(file));
      return fail(
        `tensor ${quoteName(name)} is said to be in ${where}, which is not a file of this folder`,
        'Do not use a checkpoint whose index points elsewhere.',
      );
    }
    const shard = shards.get(file);
    if (shard !== undefined) shard.push(name);
    else if (present.includes(file)) shards.set(file, [name]);
    else
      fail(`the shard ${quoteName(file)} is not there`, 'The download is incomplete; get the missing file.');
  }
  return shards;
}

/**
 * Opens weight files together. A tensor that the index forgot is read all the same, as transformers does; one that it
 * promised must be there.
 */
async function openWeights(
  files: FileSystem,
  path: string,
  shards: ReadonlyMap<string, readonly string[]>,
): Promise<StoredTensors & Pick<ModelFolder, 'close'>> {
  const open: SafetensorsFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.map((file) => file.close()));
  };
  const tensors = new Map<string, SafetensorsEntry>();
  const homes = new Map<string, SafetensorsFile>();
  try {
    for (const [fileName, promised] of shards) {
      const file = await openSafetensors(files, join(path, fileName));
      open.push(file);
      const fail = (name: string, problem: string): never => {
        const where = join(path, fileName);
        throw new ToolkitError(
          `${where}: tensor ${quoteName(name)} ${problem}`,
          'BAD_CHECKPOINT',
          'Get the shards again.',
        );
      };
      for (const [name, entry] of file.tensors) {
        if (homes.has(name)) fail(name, 'is in another shard too');
        tensors.set(name, entry);
        homes.set(name, file);
      }
      const missing = promised.find((name) => !file.tensors.has(name));
      if (missing !== undefined) fail(missing, 'is missing, although the index lists it there');
    }
  } catch (error) {
    await close();
    throw error;
  }
  const homeOf = (name: string): SafetensorsFile => {
    const file = homes.get(name);
    if (file !== undefined) return file;
    throw new ToolkitError(`${path}: there is no tensor ${quoteName(name)}`, 'BAD_CHECKPOINT');
  };
  return {
    tensors,
    close,
    readTensor: async (name) => homeOf(name).read(name),
    readBytes: async (name) => homeOf(name).readBytes(name),
  };
}

/** What a model folder is made of. */
export interface ModelFolderContent extends WholeFolderOptions {
  /** Written as `config.json`, with `torch_dtype` set to `storage`. */
  readonly config: JsonObject;
  readonly generationConfig?: JsonObject;
  /** All parameters under their published names, tied ones once; or tensors that say themselves how they are stored. */
  readonly state: StateDict | TensorSource | { readonly stored: ReadonlyMap<string, StoredTensor> };
  /** Type that the weights are stored in. */
  readonly storage: StorageType;
  /** Folder whose tokenizer files are copied. */
  readonly tokenizerFilesFrom?: string;
  /** Weights beyond this many bytes are split into shards with an index; 5e9 unless told. */
  readonly maximumShardBytes?: number;
}

/**
 * Writes a folder that transformers loads. It appears complete or not at all, and tensors are fetched one at a time.
 * @throws USAGE when `path` exists and may not be replaced (see {@link WholeFolderOptions}); what
 *   {@link writeSafetensors} throws
 */
export async function writeModelFolder(
  files: FileSystem,
  path: string,
  content: ModelFolderContent,
): Promise<void> {
  const { config, generationConfig, storage, tokenizerFilesFrom } = content;
  await writeWholeFolder(files, path, content, async (folder) => {
    await writeWeights(files, folder, content);
    const torchDtype = TORCH_DTYPES[storage];
    // transformers 5 writes `dtype`, older releases know only `torch_dtype`: the two must never disagree.
    const dtypes = { torch_dtype: torchDtype, ...('dtype' in config && { dtype: torchDtype }) };
    await files.writeAtomic(join(folder, CONFIG_FILE), formatJson({ ...config, ...dtypes }));
    if (generationConfig !== undefined) {
      await files.writeAtomic(join(folder, GENERATION_CONFIG_FILE), formatJson(generationConfig));
    }
    if (tokenizerFilesFrom !== undefined) await copyTokenizerFiles(files, tokenizerFilesFrom, folder);
  });
}

async function writeWeights(
  files: FileSystem,
  folder: string,
  { state, storage, maximumShardBytes = DEFAULT_SHARD_BYTES }: ModelFolderContent,
): Promise<void> {
  const tensors = 'stored' in state ? state.stored : castTensors(state, storage);
  const sizes = Array.from(tensors, ([name, { bytes }]) => [name, bytes] as const);
  const shards = splitIntoShards(sizes, maximumShardBytes);
  const weightMap: [string, string][] = [];
  for (const [index, { names }] of shards.entries()) {
    const file = shardFileName(index, shards.length);
    const own = new Map(names.map((name) => [name, tensors.get(name)!]));
    await writeStoredTensors(files, join(folder, file), own, WRITER_METADATA);
    weightMap.push(...names.map((name): [string, string] => [name, file]));
  }
  if (shards.length === 1) return;
  const totalSize = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const totalParameters = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const metadata = { total_parameters: totalParameters, total_size: totalSize };
  const index = { metadata, weight_map: Object.fromEntries(weightMap.sort(([a], [b]) => (a < b ? -1 : 1))) };
  await files.writeAtomic(join(folder, INDEX_FILE), formatJson(index));
}
