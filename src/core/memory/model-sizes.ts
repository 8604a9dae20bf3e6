import { adaptedLayers, loraParameters } from './lora-parameters.js';
import { linearWeights, type MemoryModel } from './memory-model.js';
import type { FrozenFormat, WeightCounts } from './trained-states.js';
import type { TrainingOptions } from './training-options.js';

/** A model with its adapters, if it has any. */
export interface ModelSizes extends WeightCounts {
  readonly adapterParameters: number;
  /** Those of the largest single matrix, which is often the embedding. */
  readonly largestLayerParameters: number;
}

/** Weights of the largest matrix inside the blocks. */
export function largestMatrix(layers: MemoryModel['linearLayers']): number {
  return layers.reduce((largest, { inputs, outputs }) => Math.max(largest, inputs * outputs), 0);
}

/** Weights of all matrices inside the blocks; experts have more than the layers that adapters may be put on. */
function blockMatrices({ parameters, linearLayers, shape }: Omit<MemoryModel, 'activeParameters'>): number {
  if (shape.experts === undefined) {
    return linearWeights(linearLayers);
  }
  const embeddings = shape.vocabulary * shape.hidden * (shape.tiedEmbeddings ? 1 : 2);
  return Math.max(0, parameters - embeddings);
}

/** How many values of each sort a training of this model has. */
export function modelSizes(
  { parameters, linearLayers, shape }: MemoryModel,
  { targets, rank }: TrainingOptions,
): ModelSizes {
  return {
    parameters,
    matrixParameters: Math.min(parameters, blockMatrices({ parameters, linearLayers, shape })),
    adapterParameters: loraParameters(adaptedLayers(linearLayers, targets).adapted, rank),
    largestLayerParameters: Math.max(shape.vocabulary * shape.hidden, largestMatrix(linearLayers)),
  };
}

/** A model of the same form with another number of parameters. */
export function scaled(sizes: ModelSizes, parameters: number): ModelSizes {
  const ratio = parameters / sizes.parameters;
  return {
    parameters,
    matrixParameters: Math.round(ratio * sizes.matrixParameters),
    adapterParameters: Math.round(ratio * sizes.adapterParameters),
    largestLayerParameters: Math.round(ratio * sizes.largestLayerParameters),
  };
}

/** In what form a training holds weights that it only reads. */
export function frozenFormat({ method, dtype, doubleQuantization }: TrainingOptions): FrozenFormat {
  return { dtype: method === 'qlora' ? 'nf4' : dtype, doubleQuantization };
}
