import { adaptedLayers, loraParameters } from './lora-parameters.js';
import type { MemoryModel } from './memory-model.js';
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

/** How many values of each sort a training of this model has. */
export function modelSizes(
  { parameters, linearLayers, shape }: MemoryModel,
  { targets, rank }: TrainingOptions,
): ModelSizes {
  const matrices = linearLayers.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  return {
    parameters,
    matrixParameters: Math.min(parameters, matrices),
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
