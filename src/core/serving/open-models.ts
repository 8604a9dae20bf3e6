import type { FileSystem } from '../../platform/file-system.js';
import { loadWeights, openWeights } from '../checkpoints/load-weights.js';
import type { Engine } from '../engine/engine.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { BatchedSlotModel, type SlotSettings } from '../generation/batched-slot-model.js';
import { CachedSlotModel } from '../generation/cached-slot-model.js';
import { multipliesIntegers, readFixedWeights, type FixedWeights } from '../generation/fixed-weights.js';
import { LanguageModel, type LoadedAdapter } from '../generation/language-model.js';
import { loadAdapter } from '../generation/load-adapter.js';
import { openModelSource, type ModelSource } from '../generation/load-language-model.js';
import type { SlotModel } from '../generation/slot-model.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { BASE_NAME, type LoadModel } from './model-pool.js';

/** Slots of models, and how much each can hold. */
export interface ContextSettings {
  readonly slots: number;
  /** Tokens of a prompt and its answer; `undefined` for the model's own limit, up to {@link USUAL_CONTEXT}. */
  readonly context: number | undefined;
}

/** Caches of longer contexts take memory that few requests need: it must be asked for. */
const USUAL_CONTEXT = 4096;

/**
 * Reads what all requests share, and returns how each model is loaded. The weights are read once: adapters stand beside
 * them.
 *
 * @param model folder of a model, of an adapter (which is then part of the base), or of a training run
 * @param adapters folder of each adapter by its name
 * @throws ToolkitError what `openModelSource` and `loadWeights` throw; `USAGE` for a context that the model lacks
 */
export async function openModels(
  files: FileSystem,
  model: string,
  adapters: ReadonlyMap<string, string>,
  engine: Engine,
  { slots, context }: ContextSettings,
  onProgress?: ProgressListener,
  signal?: AbortSignal,
): Promise<LoadModel> {
  const base = await openModelSource(files, { model });
  const { shape } = base.model;
  if (context !== undefined && context > shape.contextLength) {
    throw new ToolkitError(
      `--context ${context}: the model's context window is ${shape.contextLength} tokens`,
      'USAGE',
      `Give ${shape.contextLength} at most.`,
    );
  }
  const capacity = context ?? Math.min(shape.contextLength, USUAL_CONTEXT);
  // Wrong adapters are reported now, not to whoever asks for them first.
  const sources = new Map([[BASE_NAME, base]]);
  for (const [name, adapter] of adapters) {
    const source = await openModelSource(files, { model: base.folder, adapter });
    await loadAdapter(files, source.adapterFolder!, base.model);
    sources.set(name, source);
  }
  const open = await slotOpener(
    files,
    base,
    engine,
    { slots, capacity },
    adapters.size > 0,
    onProgress,
    signal,
  );
  return async (name) => {
    const { adapterFolder, tokenizer } = sources.get(name)!;
    const adapter =
      adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, base.model);
    return { slotModel: await open(adapter), tokenizer, vocabulary: shape.vocabulary, hidden: shape.hidden };
  };
}

/** Makes slots for the model with an adapter, or without one. */
type OpenSlots = (adapter: LoadedAdapter | undefined) => Promise<SlotModel>;

/**
 * Reads the weights; what runs them depends on where the engine computes.
 *
 * @param isShared whether slots are asked for more than once
 */
async function slotOpener(
  files: FileSystem,
  { folder, model }: ModelSource,
  engine: Engine,
  settings: SlotSettings,
  isShared: boolean,
  onProgress: ProgressListener | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenSlots> {
  if (multipliesIntegers(engine)) {
    const stored = await openWeights(files, folder, model);
    const read = readFixedWeights(stored, model, {}, onProgress, signal).finally(() => stored.close());
    let fixed: FixedWeights | undefined = await read;
    return async (adapter) => {
      const { tensors, quantized } = fixed!;
      const weights = { tensors: new Map([...tensors, ...(adapter?.weights ?? [])]), quantized };
      const adapted = { model, adapter: adapter?.settings };
      const slots = await BatchedSlotModel.create(engine, adapted, weights, settings);
      // The session has its own copy, and nobody else will ask for them.
      if (!isShared) fixed = undefined;
      return slots;
    };
  }
  const weights = await loadWeights(files, folder, model, onProgress, signal);
  return async (adapter) => {
    const languageModel = await LanguageModel.create(engine, model, weights, adapter);
    return CachedSlotModel.create(languageModel, settings.slots, settings.capacity);
  };
}
