import { isAbsolute, join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import type { Model } from '../architectures/architecture.js';
import { readModel } from '../architectures/index.js';
import { isGgufFile } from '../checkpoints/gguf/gguf-parts.js';
import { readJsonObject } from '../checkpoints/json-file.js';
import { loadWeights, openWeights } from '../checkpoints/load-weights.js';
import { openModelFolder } from '../checkpoints/model-folder.js';
import { quoteName } from '../checkpoints/quote-name.js';
import type { Engine } from '../engine/engine.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { loadTokenizer, type Tokenizer } from '../tokenizers/tokenizer.js';
import type { Scorer } from '../scoring/scorer.js';
import { SequenceScorer } from '../scoring/sequence-scorer.js';
import { multipliesIntegers, readFixedWeights, type FixedWeights } from './fixed-weights.js';
import { LanguageModel } from './language-model.js';
import { loadAdapter } from './load-adapter.js';
import { SlotTextModel } from './slot-text-model.js';
import type { TextModel } from './text-model.js';

/** What the user names. */
export interface ModelLocation {
  /** A model folder or GGUF file, an adapter folder (its base model is looked up), or the folder of a training run. */
  readonly model: string;
  /** An adapter folder to use with the model, or the run that made one. */
  readonly adapter?: string | undefined;
}

/** A model of which all is read but the weights: enough to check prompts before anything large is loaded. */
export interface ModelSource {
  readonly folder: string;
  readonly adapterFolder: string | undefined;
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  /** Integers are multiplied as the numbers that they stand for, though the engine could as they are. */
  readonly asNumbers?: boolean;
}

interface Place {
  readonly kind: 'model' | 'adapter';
  readonly folder: string;
}

/** Follows a training run to what it made; whatever else is wrong with a folder shows when it is opened. */
async function locate(files: FileSystem, path: string): Promise<Place> {
  const names = (await files.stat(path))?.kind === 'directory' ? await files.list(path) : [];
  if (names.includes('config.json')) return { kind: 'model', folder: path };
  if (names.includes('adapter_config.json')) return { kind: 'adapter', folder: path };
  for (const kind of ['model', 'adapter'] as const) {
    if (names.includes(kind)) return { kind, folder: join(path, kind) };
  }
  return { kind: 'model', folder: path };
}

/** The folder of an adapter's base model. A relative path is tried from the adapter's folder and from here. */
async function locateBase(files: FileSystem, adapterFolder: string): Promise<string> {
  const configPath = join(adapterFolder, 'adapter_config.json');
  const base = (await readJsonObject(files, configPath))['base_model_name_or_path'];
  const candidates =
    typeof base !== 'string' ? [] : isAbsolute(base) ? [base] : [join(adapterFolder, base), base];
  for (const candidate of candidates) {
    const { kind, folder } = await locate(files, candidate);
    if (kind !== 'model') continue;
    if ((await files.stat(folder))?.kind === 'directory' || (await isGgufFile(files, folder))) return folder;
  }
  throw new ToolkitError(
    typeof base === 'string'
      ? `${adapterFolder}: is an adapter, and its base model ${quoteName(base)} is not here`
      : `${configPath}: does not say which model the adapter is for (base_model_name_or_path)`,
    'NOT_FOUND',
    'Give the folder of the base model as the model, and this folder with --adapter.',
  );
}

async function locateBoth(files: FileSystem, location: ModelLocation): Promise<[string, string | undefined]> {
  const named = await locate(files, location.model);
  if (location.adapter === undefined) {
    return named.kind === 'model'
      ? [named.folder, undefined]
      : [await locateBase(files, named.folder), named.folder];
  }
  if (named.kind === 'adapter') {
    throw new ToolkitError(
      `${location.model}: is an adapter itself, and --adapter names another`,
      'USAGE',
      'Give the folder of the base model as the model; one adapter can be used at a time.',
    );
  }
  return [named.folder, (await locate(files, location.adapter)).folder];
}

async function hasTokenizer(files: FileSystem, place: string): Promise<boolean> {
  if ((await files.stat(join(place, 'tokenizer.json'))) !== undefined) return true;
  return isGgufFile(files, place);
}

/** The adapter's own tokenizer where it has one; what ends an answer of the base model still ends it. */
async function loadTokenizerOf(
  files: FileSystem,
  folder: string,
  adapterFolder: string | undefined,
): Promise<Tokenizer> {
  if (adapterFolder === undefined || !(await hasTokenizer(files, adapterFolder))) {
    return loadTokenizer(files, folder);
  }
  const tokenizer = await loadTokenizer(files, adapterFolder);
  if (!(await hasTokenizer(files, folder))) return tokenizer;
  const { endOfSequenceIds } = await loadTokenizer(files, folder);
  return {
    ...tokenizer,
    endOfSequenceIds: [...new Set([...tokenizer.endOfSequenceIds, ...endOfSequenceIds])],
  };
}

/**
 * Finds and reads everything about a model but its weights.
 *
 * @throws ToolkitError `NOT_FOUND` for what is not there, `USAGE` for two adapters, and what `openModelFolder`,
 *   `readModel` and `loadTokenizer` throw
 */
export async function openModelSource(files: FileSystem, location: ModelLocation): Promise<ModelSource> {
  const [folder, adapterFolder] = await locateBoth(files, location);
  const checkpoint = await openModelFolder(files, folder);
  await checkpoint.close();
  const model = readModel(checkpoint.config, checkpoint.configPath);
  return { folder, adapterFolder, model, tokenizer: await loadTokenizerOf(files, folder, adapterFolder) };
}

/** A model in the two forms in which it is used. */
export interface LoadedModel {
  readonly model: TextModel;
  /** Made of the same weights when it is first asked for. */
  readonly scorer: () => Promise<Scorer>;
  dispose(): Promise<void>;
}

/**
 * Loads the weights of a model, and its adapter, onto an engine. Matrices that are stored as integers are multiplied as
 * such where the engine can; elsewhere they become numbers.
 *
 * @returns a model that must be disposed
 * @throws ToolkitError what `openWeights` and `loadAdapter` throw
 */
export async function loadBothForms(
  files: FileSystem,
  source: ModelSource,
  engine: Engine,
  onProgress?: ProgressListener,
  signal?: AbortSignal,
): Promise<LoadedModel> {
  const { adapterFolder, model } = source;
  const adapter = adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, model);
  const { tensors, quantized } = await readWeightsFor(engine, files, source, onProgress, signal);
  if (quantized.size > 0) {
    const weights = { tensors: new Map([...tensors, ...(adapter?.weights ?? [])]), quantized };
    const both = await SlotTextModel.create(engine, { model, adapter: adapter?.settings }, weights);
    return { model: both, scorer: async () => both, dispose: () => both.dispose() };
  }
  const weights = new Map(tensors);
  const languageModel = await LanguageModel.create(engine, model, weights, adapter);
  let scorer: Promise<SequenceScorer> | undefined;
  return {
    model: languageModel,
    scorer: () => (scorer ??= SequenceScorer.create(engine, model, weights, adapter)),
    async dispose() {
      await languageModel.dispose();
      await (await scorer)?.dispose();
    },
  };
}

/** As {@link loadBothForms}, for those who only generate. */
export async function loadLanguageModel(
  ...[files, source, engine, onProgress, signal]: Parameters<typeof loadBothForms>
): Promise<TextModel> {
  return (await loadBothForms(files, source, engine, onProgress, signal)).model;
}

async function readWeightsFor(
  engine: Engine,
  files: FileSystem,
  { folder, model, asNumbers = false }: ModelSource,
  onProgress?: ProgressListener,
  signal?: AbortSignal,
): Promise<FixedWeights> {
  if (asNumbers || !multipliesIntegers(engine)) {
    return { tensors: await loadWeights(files, folder, model, onProgress, signal), quantized: new Map() };
  }
  const stored = await openWeights(files, folder, model);
  return readFixedWeights(stored, model, {}, onProgress, signal).finally(() => stored.close());
}
