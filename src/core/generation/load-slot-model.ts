import type { FileSystem } from '../../platform/file-system.js';
import type { HostTensor } from '../checkpoints/checkpoint.js';
import { openWeights } from '../checkpoints/load-weights.js';
import type { Engine } from '../engine/engine.js';
import type { ProgressListener } from '../progress/progress-event.js';
import type { QuantizedMatrix } from '../quantization/quantized-matrix.js';
import { BatchedSlotModel, type SlotSettings } from './batched-slot-model.js';
import { loadAdapter } from './load-adapter.js';
import type { ModelSource } from './load-language-model.js';
import type { FixedWeights } from './slot-program.js';

/** How weights are multiplied with: as they are stored, or rounded to integers of so many bits as they are loaded. */
export interface SlotWeights {
  /** Of matrices that are not stored as integers already. */
  readonly quantize?: (weight: HostTensor) => QuantizedMatrix;
}

/** Turns the order of a matrix's dimensions round. */
function transposed({ shape, data }: HostTensor): HostTensor {
  const [rows, columns] = shape as [number, number];
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column]!;
  }
  return { shape: [columns, rows], data: result };
}

/**
 * Reads the weights of a model and its adapter for {@link BatchedSlotModel}: matrices stored as integers stay such.
 *
 * @throws ToolkitError what `openWeights` and `loadAdapter` throw
 */
export async function loadFixedWeights(
  files: FileSystem,
  { folder, adapterFolder, model }: ModelSource,
  { quantize }: SlotWeights = {},
  onProgress: ProgressListener = () => undefined,
  signal?: AbortSignal,
): Promise<FixedWeights & { readonly adapter: Awaited<ReturnType<typeof loadAdapter>> | undefined }> {
  const adapter = adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, model);
  const tensors = new Map<string, HostTensor>(adapter?.weights);
  const quantized = new Map<string, QuantizedMatrix>();
  const products = new Map(
    model.linearLayers.map(({ module, inputsFirst }) => [
      `${module}.weight`,
      { inputsFirst, isLookedUp: false },
    ]),
  );
  products.set(model.headParameter, { inputsFirst: false, isLookedUp: model.shape.tiedEmbeddings });
  const stored = await openWeights(files, folder, model);
  try {
    const total = model.parameters.reduce((sum, { name }) => sum + stored.bytesOf(name), 0);
    let done = 0;
    for (const { name } of model.parameters) {
      signal?.throwIfAborted();
      onProgress({ stage: 'load weights', done, total, unit: 'bytes' });
      const product = products.get(name);
      let matrix = product && (await stored.readQuantized(name));
      if (matrix === undefined || product?.isLookedUp) {
        const tensor = await stored.readTensor(name);
        if (product && matrix === undefined)
          matrix = quantize?.(product.inputsFirst ? transposed(tensor) : tensor);
        if (matrix === undefined || product?.isLookedUp) tensors.set(name, tensor);
      }
      if (matrix !== undefined) quantized.set(name, matrix);
      done += stored.bytesOf(name);
    }
    onProgress({ stage: 'load weights', done: total, total, unit: 'bytes' });
  } finally {
    await stored.close();
  }
  return { tensors, quantized, adapter };
}

/**
 * Loads a model into slots.
 *
 * @returns a model that must be disposed
 * @throws ToolkitError what {@link loadFixedWeights} throws; `ENGINE` for an engine without cells in host memory
 */
export async function loadSlotModel(
  files: FileSystem,
  source: ModelSource,
  engine: Engine,
  settings: SlotSettings & SlotWeights,
  onProgress?: ProgressListener,
  signal?: AbortSignal,
): Promise<BatchedSlotModel> {
  const { adapter, ...weights } = await loadFixedWeights(files, source, settings, onProgress, signal);
  return BatchedSlotModel.create(
    engine,
    { model: source.model, adapter: adapter?.settings },
    weights,
    settings,
  );
}
