import type { FileSystem } from '../../platform/file-system.js';
import { loadWeights } from '../checkpoints/load-weights.js';
import type { Engine } from '../engine/engine.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { CachedSlotModel } from '../generation/cached-slot-model.js';
import { LanguageModel } from '../generation/language-model.js';
import { loadAdapter } from '../generation/load-adapter.js';
import { openModelSource } from '../generation/load-language-model.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { BASE_NAME, type LoadModel } from './model-pool.js';

/** Slots of models, and how much each can hold. */
export interface SlotSettings {
  readonly slots: number;
  /** Tokens of a prompt and its answer; `undefined` for the model's own limit, up to {@link USUAL_CONTEXT}. */
  readonly context: number | undefined;
}

/** Caches of longer contexts take memory that few requests need: it must be asked for. */
export const USUAL_CONTEXT = 4096;

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
  { slots, context }: SlotSettings,
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
  const weights = await loadWeights(files, base.folder, base.model, onProgress, signal);
  return async (name) => {
    const { adapterFolder, tokenizer } = sources.get(name)!;
    const adapter =
      adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, base.model);
    const languageModel = await LanguageModel.create(engine, base.model, weights, adapter);
    const slotModel = await CachedSlotModel.create(languageModel, slots, capacity);
    return { slotModel, tokenizer, vocabulary: shape.vocabulary, hidden: shape.hidden };
  };
}
