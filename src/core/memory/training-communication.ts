import type { ModelShape } from '../architectures/architecture.js';
import { figure, type Derivation } from '../estimates/figure.js';
import { alignmentStage } from './alignment.js';
import { divided, type Distribution } from './distribution.js';
import { DTYPE_BYTES } from './dtype.js';
import { frozenFormat, type ModelSizes } from './model-sizes.js';
import { computeDtype, precisionRecipe } from './precision-recipe.js';
import { frozenMatrixBytes } from './trained-states.js';
import type { TrainingOptions } from './training-options.js';

/** Bytes that every GPU sends in one step, for one purpose. */
export interface CommunicationVolume {
  /** In lower case: `data-parallel gradients`. */
  readonly communication: string;
  readonly bytes: number;
  readonly derivation: Derivation;
}

function volume(
  communication: string,
  formula: string,
  inputs: Readonly<Record<string, number>>,
  divisors: Readonly<Record<string, number>>,
  source: string,
): CommunicationVolume {
  const share = divided(formula, divisors);
  const { value, ...derivation } = figure(share.formula, { ...inputs, ...share.inputs }, { source });
  return { communication, bytes: Math.ceil(value), derivation };
}

/**
 * What GPUs with different data tell each other about one trained model.
 *
 * @param owner stands before the names; empty for the model itself
 */
export function dataParallelVolumes(
  owner: string,
  sizes: ModelSizes,
  options: TrainingOptions,
  { dataParallel, weightShards, optimizerShards, tensorParallel, pipelineParallel }: Distribution,
): CommunicationVolume[] {
  if (dataParallel === 1) return [];
  const named = (name: string): string => (owner === '' ? name : `${owner} ${name}`);
  const isFull = options.method === 'full';
  const dtype = isFull ? options.dtype : computeDtype(options.dtype);
  const { weightBytes, gradientBytes } = precisionRecipe(options.precision, dtype);
  const trained = isFull ? sizes.parameters : sizes.adapterParameters;
  const gradients = { trained_parameters: trained, bytes_per_gradient: gradientBytes };
  const weights = { trained_parameters: trained, bytes_per_weight: weightBytes };
  const divisors = { tensor_parallel: tensorParallel, pipeline_parallel: pipelineParallel };
  const source = 'ZeRO, Rajbhandari et al. 2019, arXiv 1910.02054, section 7';
  if (optimizerShards === 1) {
    const formula = '2 * trained_parameters * bytes_per_gradient';
    return [volume(named('gradients, summed and shared'), formula, gradients, divisors, source)];
  }
  const reduced = volume(
    named('gradients, each summed where it is kept'),
    'trained_parameters * bytes_per_gradient',
    gradients,
    divisors,
    source,
  );
  if (weightShards === 1) {
    const formula = 'trained_parameters * bytes_per_weight';
    return [reduced, volume(named('updated weights'), formula, weights, divisors, source)];
  }
  const matrix = frozenMatrixBytes(frozenFormat(options)).value;
  const gathered = volume(
    named('weights, gathered for the forward and the backward pass'),
    '2 * parameters * bytes_per_weight',
    { parameters: sizes.parameters, bytes_per_weight: isFull ? weightBytes : matrix },
    divisors,
    source,
  );
  if (weightShards === dataParallel) return [reduced, gathered];
  const between = volume(
    named('gradients, summed between the copies'),
    '2 * trained_parameters * bytes_per_gradient / sharding_factor',
    { ...gradients, sharding_factor: weightShards },
    divisors,
    'PyTorch FSDP, Zhao et al. 2023, arXiv 2304.11277, section 3.2.2',
  );
  return [reduced, gathered, between];
}

/** What the GPUs that share one model tell each other about one micro-batch. */
export function modelParallelVolumes(shape: ModelShape, options: TrainingOptions): CommunicationVolume[] {
  const { tensorParallel, pipelineParallel } = options;
  const hiddenStates = {
    tokens: options.batch * alignmentStage(options.stage).sequencesPerExample * options.sequence,
    hidden: shape.hidden,
    element_bytes: DTYPE_BYTES[computeDtype(options.dtype)],
  };
  const volumes: CommunicationVolume[] = [];
  if (tensorParallel > 1) {
    volumes.push(
      volume(
        'tensor-parallel sums of hidden states',
        'layers * sums * 2 * (tensor_parallel - 1) / tensor_parallel * tokens * hidden * element_bytes',
        {
          layers: shape.layers + shape.encoderLayers,
          // Attention and feed-forward network, forward and backward; and forward again where it is recomputed.
          sums: options.recompute === 'full' ? 6 : 4,
          tensor_parallel: tensorParallel,
          ...hiddenStates,
        },
        { pipeline_parallel: pipelineParallel },
        'Megatron-LM, Shoeybi et al. 2019, arXiv 1909.08053, section 3, summed around a ring',
      ),
    );
  }
  if (pipelineParallel > 1) {
    const source =
      'Narayanan et al. 2021, arXiv 2104.04473: a stage sends hidden states on, and their gradients back';
    const formula = '2 * tokens * hidden * element_bytes';
    volumes.push(volume('pipeline sends', formula, hiddenStates, {}, source));
  }
  return volumes;
}
