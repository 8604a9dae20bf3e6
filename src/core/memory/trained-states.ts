import { memoryPart, type MemoryPart } from '../estimates/figure.js';
import { divided, type Distribution } from './distribution.js';
import { DTYPE_BYTES, numberFormat } from './dtype.js';
import { optimizerStates, stateBytesPerParameter, type OptimizerName } from './optimizer-states.js';
import { type PrecisionRecipe, type TrainingDtype } from './precision-recipe.js';
import { nf4BitsPerWeight } from './quantized-weights.js';

/** How many values there are of each sort. */
export interface WeightCounts {
  readonly parameters: number;
  /** Those in matrices inside the blocks, which may be quantised, and which Muon treats otherwise. */
  readonly matrixParameters: number;
}

/** What is known of one training beside the number of weights. */
export interface StateOptions {
  readonly recipe: PrecisionRecipe;
  readonly optimizer: OptimizerName;
  readonly distribution: Distribution;
  /** Parameters whose gradients are held at once, where the optimizer does not wait for all of them. */
  readonly liveGradients?: number | undefined;
}

/** What a part of the training states is, which decides where it may lie. */
export type StateKind = 'weights' | 'gradients' | 'optimizer';

/** A part of the training states, with its kind. */
export interface StatePart {
  readonly kind: StateKind;
  readonly part: MemoryPart;
}

const MIXED_PRECISION = 'Micikevicius et al. 2017, arXiv 1710.03740';
const ZERO = 'ZeRO, Rajbhandari et al. 2019, arXiv 1910.02054';
const REPLICATED =
  'norms, which tensor parallelism does not divide, and embeddings, which lie at the ends of a pipeline';

/** What a model's parallelism divides whatever the strategy. */
function modelDivisors({ tensorParallel, pipelineParallel }: Distribution): Record<string, number> {
  return { tensor_parallel: tensorParallel, pipeline_parallel: pipelineParallel };
}

function statePart(
  name: string,
  kind: StateKind,
  formula: string,
  inputs: Readonly<Record<string, number>>,
  divisors: Readonly<Record<string, number>>,
  notes: { source: string; leavesOut?: string | undefined },
): StatePart {
  const share = divided(formula, divisors);
  return { kind, part: memoryPart(name, share.formula, { ...inputs, ...share.inputs }, notes) };
}

/**
 * Weights, gradients and optimizer states of what is trained, on one GPU.
 *
 * @param owner what the parts belong to, to stand before their names: `adapter`, `value model`; empty for the model
 */
export function trainedStateParts(
  owner: string,
  { parameters, matrixParameters }: WeightCounts,
  { recipe, optimizer, distribution, liveGradients }: StateOptions,
): StatePart[] {
  const { weightShards, gradientShards, optimizerShards, ...parallelism } = distribution;
  const model = modelDivisors(distribution);
  const leavesOut = parallelism.tensorParallel * parallelism.pipelineParallel > 1 ? REPLICATED : undefined;
  const named = (name: string): string => (owner === '' ? name : `${owner} ${name}`);
  const perParameter = (
    name: string,
    kind: StateKind,
    bytes: number,
    shards: number,
    source: string,
    missing = leavesOut,
  ): StatePart =>
    statePart(
      named(name),
      kind,
      'parameters * bytes_per_parameter',
      { parameters, bytes_per_parameter: bytes },
      { ...model, shards },
      { source: shards > 1 ? `${source}; divided as by ${ZERO}` : source, leavesOut: missing },
    );
  const buckets =
    parallelism.dataParallel > 1 && gradientShards === 1
      ? "PyTorch's DDP keeps them a second time in buckets, unless gradient_as_bucket_view is set"
      : leavesOut;
  const parts = [
    perParameter('weights', 'weights', recipe.weightBytes, weightShards, 'Bytes of the format'),
    liveGradients === undefined
      ? perParameter('gradients', 'gradients', recipe.gradientBytes, gradientShards, MIXED_PRECISION, buckets)
      : statePart(
          named('gradients'),
          'gradients',
          'largest_layer_parameters * bytes_per_parameter',
          { largest_layer_parameters: liveGradients, bytes_per_parameter: recipe.gradientBytes },
          { tensor_parallel: parallelism.tensorParallel },
          { source: 'LOMO, Lv et al. 2023, arXiv 2306.09782: the update is part of the backward pass' },
        ),
  ];
  if (recipe.masterWeightBytes > 0) {
    const bytes = recipe.masterWeightBytes;
    parts.push(perParameter('master weights', 'optimizer', bytes, optimizerShards, MIXED_PRECISION));
  }
  const states = stateBytesPerParameter(optimizer, recipe.updatedBytes);
  const { source, leavesOut: missing } = optimizerStates(optimizer);
  if (states.matrices !== states.others) {
    parts.push(
      statePart(
        named('optimizer states'),
        'optimizer',
        '(matrix_parameters * matrix_state_bytes + (parameters - matrix_parameters) * other_state_bytes)',
        {
          ...{ parameters, matrix_parameters: matrixParameters },
          ...{ matrix_state_bytes: states.matrices, other_state_bytes: states.others },
        },
        { ...model, shards: optimizerShards },
        { source, leavesOut: missing ?? leavesOut },
      ),
    );
  } else if (states.matrices > 0) {
    const bytes = states.matrices;
    parts.push(
      perParameter('optimizer states', 'optimizer', bytes, optimizerShards, source, missing ?? leavesOut),
    );
  }
  return parts;
}

/** In what form weights lie that are only read. */
export interface FrozenFormat {
  /** For formats of 8 and 4 bits that of the matrices inside the blocks; the rest keeps 16 bits. */
  readonly dtype: TrainingDtype;
  /** The scales of `nf4` are quantised too. */
  readonly doubleQuantization: boolean;
}

/** Embeddings, norms and the output matrix of a quantised model. */
const UNQUANTIZED_BYTES = 2;

/** Bytes for each weight of a matrix inside the blocks, as formula and inputs. */
export function frozenMatrixBytes({ dtype, doubleQuantization }: FrozenFormat): {
  readonly formula: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly value: number;
} {
  if (dtype !== 'nf4') {
    const { bits, scaleBits } = numberFormat(dtype);
    const value = (bits + scaleBits) / 8;
    return scaleBits === 0
      ? { formula: 'bytes_per_weight', inputs: { bytes_per_weight: value }, value }
      : { formula: '(bits + scale_bits) / 8', inputs: { bits, scale_bits: scaleBits }, value };
  }
  const { formula, inputs, value } = nf4BitsPerWeight({ doubleQuantization });
  return { formula: `(${formula}) / 8`, inputs, value: value / 8 };
}

/** Weights that are only read: the base of adapters, a reference or a reward model. */
export function frozenWeights(
  name: string,
  { parameters, matrixParameters }: WeightCounts,
  format: FrozenFormat,
  distribution: Distribution,
): StatePart {
  const matrix = frozenMatrixBytes(format);
  const divisors = { ...modelDivisors(distribution), shards: distribution.weightShards };
  if (DTYPE_BYTES[format.dtype] >= UNQUANTIZED_BYTES) {
    const source = 'Bytes of the format; frozen, so without gradients and states';
    return statePart(
      name,
      'weights',
      `parameters * ${matrix.formula}`,
      { parameters, ...matrix.inputs },
      divisors,
      { source },
    );
  }
  return statePart(
    name,
    'weights',
    `(matrix_parameters * ${matrix.formula} + (parameters - matrix_parameters) * unquantized_bytes)`,
    {
      ...{ parameters, matrix_parameters: matrixParameters },
      ...matrix.inputs,
      unquantized_bytes: UNQUANTIZED_BYTES,
    },
    divisors,
    format.dtype === 'nf4'
      ? { source: 'QLoRA, Dettmers et al. 2023, arXiv 2305.14314' }
      : {
          source:
            'Block formats of GPTQ, AWQ, bitsandbytes and FP8: only matrices inside the blocks are quantised',
        },
  );
}
