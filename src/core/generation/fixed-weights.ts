import type { Model } from '../architectures/architecture.js';
import type { HostTensor } from '../checkpoints/checkpoint.js';
import type { StoredWeights } from '../checkpoints/load-weights.js';
import type { Engine } from '../engine/engine.js';
import type { ProgressListener } from '../progress/progress-event.js';
import type { QuantizedMatrix } from '../quantization/quantized-matrix.js';

/** Weights that are part of a compiled program, so that the engine may arrange them as its kernels like them best. */
export interface FixedWeights {
  /** Parameters of the model and its adapter that are multiplied with as numbers, by name. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Those that are multiplied with as they are stored. */
  readonly quantized: ReadonlyMap<string, QuantizedMatrix>;
}

/** What becomes of matrices; those that are stored as integers stay such unless told. */
export interface ReadWeightsAs {
  /** All of them as numbers, whatever they are stored as. */
  readonly asNumbers?: boolean;
  /** Rounds those that are not stored as integers already: [outputs, inputs]. */
  readonly quantize?: (weight: HostTensor) => QuantizedMatrix;
}

/** Whether an engine runs programs whose weights are fixed, with matrices of integers multiplied as they are stored. */
export function multipliesIntegers({ name, device }: Engine): boolean {
  return name === 'onnxruntime' && device === 'cpu';
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

/** Reads all weights of a model for a program that they are part of. */
export async function readFixedWeights(
  stored: StoredWeights,
  model: Model,
  { asNumbers = false, quantize }: ReadWeightsAs = {},
  onProgress: ProgressListener = () => undefined,
  signal?: AbortSignal,
): Promise<FixedWeights> {
  const tensors = new Map<string, HostTensor>();
  const quantized = new Map<string, QuantizedMatrix>();
  const products = new Map(
    model.linearLayers.map(({ module, inputsFirst }) => [
      `${module}.weight`,
      { inputsFirst, isLookedUp: false },
    ]),
  );
  products.set(model.headParameter, { inputsFirst: false, isLookedUp: model.shape.tiedEmbeddings });
  const total = model.parameters.reduce((sum, { name }) => sum + stored.bytesOf(name), 0);
  let done = 0;
  for (const { name } of model.parameters) {
    signal?.throwIfAborted();
    onProgress({ stage: 'load weights', done, total, unit: 'bytes' });
    const product = products.get(name);
    let matrix = product && !asNumbers ? await stored.readQuantized(name) : undefined;
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
  return { tensors, quantized };
}
