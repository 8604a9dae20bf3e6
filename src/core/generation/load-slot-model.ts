import type { FileSystem } from '../../platform/file-system.js';
import { openWeights } from '../checkpoints/load-weights.js';
import type { Engine } from '../engine/engine.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { BatchedSlotModel, type SlotSettings } from './batched-slot-model.js';
import { readFixedWeights, type ReadWeightsAs } from './fixed-weights.js';
import { loadAdapter } from './load-adapter.js';
import type { ModelSource } from './load-language-model.js';

/**
 * Loads a model, and its adapter beside it, into slots.
 *
 * @returns a model that must be disposed
 * @throws ToolkitError what `openWeights` and `loadAdapter` throw; `ENGINE` for an engine without cells in host memory
 */
export async function loadSlotModel(
  files: FileSystem,
  { folder, adapterFolder, model }: ModelSource,
  engine: Engine,
  settings: SlotSettings & ReadWeightsAs,
  onProgress?: ProgressListener,
  signal?: AbortSignal,
): Promise<BatchedSlotModel> {
  const adapter = adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, model);
  const stored = await openWeights(files, folder, model);
  const { tensors, quantized } = await readFixedWeights(stored, model, settings, onProgress, signal).finally(
    () => stored.close(),
  );
  const weights = { tensors: new Map([...tensors, ...(adapter?.weights ?? [])]), quantized };
  return BatchedSlotModel.create(engine, { model, adapter: adapter?.settings }, weights, settings);
}
