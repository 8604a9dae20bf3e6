import type { Model, ScaledChannels } from '../architectures/architecture.js';
import type { HostTensor, StateDict, StorageType } from '../checkpoints/checkpoint.js';
import type { Engine } from '../engine/engine.js';
import type { ProgressListener } from '../progress/progress-event.js';
import { applyScales, scaleColumns, searchScales } from './awq.js';
import type { Calibration, LayerInputs } from './calibration.js';
import { dequantizeMatrix } from './dequantize-matrix.js';
import { OutputErrors } from './output-error.js';
import type { PlannedLayer } from './plan-layers.js';
import type { QuantizedMatrix } from './quantized-matrix.js';
import { quantizeMatrix, type QuantizeOptions } from './quantize-matrix.js';
import { ACTIVATION_SCHEME } from './rounded-activations.js';

/**
 * How integers are found: rounded to the nearest; with the range of each block searched for the least squared error; or
 * with channels scaled by their activations as well.
 */
export const QUANTIZATION_METHODS = ['round', 'search', 'awq'] as const;

/** One of {@link QUANTIZATION_METHODS}. */
export type QuantizationMethod = (typeof QUANTIZATION_METHODS)[number];

/** What is quantised, and how. */
export interface QuantizeModelOptions {
  readonly layers: readonly PlannedLayer[];
  readonly method: QuantizationMethod;
  /** Activations are rounded too, to 8 bits with a scale for each token. */
  readonly dynamicActivations: boolean;
  /** Type of what is not quantised. */
  readonly storage: StorageType;
  /** What the layers get, and what computes with it; `awq` needs it. */
  readonly calibration?: { readonly inputs: Calibration; readonly engine: Engine } | undefined;
}

/** What came of one layer. */
export interface LayerLoss {
  readonly module: string;
  /**
   * Root mean square of what is wrong with its output, as a share of that of the output, over the tokens calibrated on;
   * of the weights themselves where nothing was calibrated.
   */
  readonly error: number;
}

/** A model's weights, quantised. */
export interface QuantizedModel {
  readonly matrices: ReadonlyMap<string, QuantizedMatrix>;
  /** Other parameters that channel scales have changed. */
  readonly changed: StateDict;
  /** In the order of the layers. */
  readonly losses: readonly LayerLoss[];
}

/** Rows [tokens, width] rounded to 8 bits, each with a scale of its own. */
export function roundActivations(rows: Float32Array, width: number): Float32Array {
  return dequantizeMatrix(
    quantizeMatrix(rows, { outputs: rows.length / width, inputs: width }, ACTIVATION_SCHEME),
  );
}

function relativeError(exact: Float32Array, rounded: Float32Array): number {
  let [error, total] = [0, 0];
  for (let i = 0; i < exact.length; i++) {
    error += (exact[i]! - rounded[i]!) ** 2;
    total += exact[i]! ** 2;
  }
  return ratio(error, total);
}

/** Root of a share of squares; a layer of nothing but zeros loses nothing. */
function ratio(error: number, total: number): number {
  return total === 0 ? 0 : Math.sqrt(error / total);
}

/**
 * Quantises the linear layers of a model.
 *
 * @param read a parameter by its name, in float32
 * @throws ToolkitError what {@link quantizeMatrix} throws
 */
export async function quantizeModel(
  model: Model,
  read: (parameter: string) => Promise<HostTensor>,
  options: QuantizeModelOptions,
  {
    onProgress,
    signal,
  }: { readonly onProgress: ProgressListener; readonly signal?: AbortSignal | undefined },
): Promise<QuantizedModel> {
  const { layers, method, calibration } = options;
  const errors = calibration && new OutputErrors(calibration.engine);
  const inputs = new Map(calibration?.inputs);
  const changed: StateDict = new Map();
  const current = async (parameter: string): Promise<HostTensor> =>
    changed.get(parameter) ?? (await read(parameter));
  try {
    if (method === 'awq' && errors !== undefined) {
      const groups = model.scaledChannels ?? [];
      for (const [done, group] of groups.entries()) {
        signal?.throwIfAborted();
        onProgress({ stage: 'search scales', done, total: groups.length, unit: 'groups of layers' });
        await scaleGroup(model, group, { inputs, changed, current, errors }, options);
      }
    }
    const matrices = new Map<string, QuantizedMatrix>();
    const losses: LayerLoss[] = [];
    for (const [done, layer] of layers.entries()) {
      signal?.throwIfAborted();
      onProgress({ stage: 'quantise', done, total: layers.length, unit: 'layers' });
      const { data } = await current(`${layer.module}.weight`);
      const { matrix, error } = await quantizeLayer(data, layer, inputs.get(layer.module), errors, options);
      changed.delete(`${layer.module}.weight`);
      matrices.set(layer.module, matrix);
      losses.push({ module: layer.module, error });
    }
    onProgress({ stage: 'quantise', done: layers.length, total: layers.length, unit: 'layers' });
    return { matrices, changed, losses };
  } finally {
    await errors?.dispose();
  }
}

/** The model as it stands while channels are scaled. */
interface ScalingState {
  readonly inputs: Map<string, LayerInputs>;
  readonly changed: StateDict;
  readonly current: (parameter: string) => Promise<HostTensor>;
  readonly errors: OutputErrors;
}

async function scaleGroup(
  model: Model,
  group: ScaledChannels,
  { inputs, changed, current, errors }: ScalingState,
  { layers, dynamicActivations, storage }: QuantizeModelOptions,
): Promise<void> {
  const { readers, channelAt = (input: number) => input } = group;
  const planned = new Map(layers.map((layer) => [layer.module, layer]));
  if (!readers.some((reader) => planned.has(reader))) return;
  const read = await Promise.all(
    readers.map(async (reader) => {
      const { shape, data } = await current(`${reader}.weight`);
      return { weights: data, outputs: shape[0]!, scheme: planned.get(reader)?.scheme };
    }),
  );
  const own = inputs.get(readers[0]!)!;
  const roundInputs = dynamicActivations ? roundActivations : (rows: Float32Array) => rows;
  const found = await searchScales(read, own, channelAt, errors, roundInputs);
  if (found.exponent === 0) return;
  const known = new Set(model.parameters.map(({ name }) => name));
  const readKnown = async (name: string): Promise<HostTensor | undefined> =>
    known.has(name) ? current(name) : undefined;
  const applied = await applyScales(group, found.scales, readKnown, storage);
  for (const [name, tensor] of applied.changed) changed.set(name, tensor);
  const scaleAt = (input: number): number => applied.scales[channelAt(input)]!;
  const scaled: LayerInputs = {
    width: own.width,
    sample: scaleColumns(own.sample, own.width, scaleAt, true),
    meanMagnitude: own.meanMagnitude.map((mean, input) => mean / scaleAt(input)),
    meanSquare: own.meanSquare.map((mean, input) => mean / scaleAt(input) ** 2),
  };
  for (const reader of readers) inputs.set(reader, scaled);
}

/** Of the ways that the method allows the one whose output is nearest to the layer's own. */
async function quantizeLayer(
  weights: Float32Array,
  { inputs: width, outputs, scheme }: PlannedLayer,
  inputs: LayerInputs | undefined,
  errors: OutputErrors | undefined,
  { method, dynamicActivations }: QuantizeModelOptions,
): Promise<{ matrix: QuantizedMatrix; error: number }> {
  const quantize = (options?: QuantizeOptions): QuantizedMatrix =>
    quantizeMatrix(weights, { outputs, inputs: width }, scheme, options);
  if (inputs === undefined || errors === undefined) {
    const matrix = quantize({ searchRange: method !== 'round' });
    return { matrix, error: relativeError(weights, dequantizeMatrix(matrix)) };
  }
  const searched = { searchRange: true, importance: inputs.meanSquare };
  const tried = method === 'round' ? [quantize()] : [quantize(searched), quantize()];
  const roundedInputs = dynamicActivations ? roundActivations(inputs.sample, width) : inputs.sample;
  let best: { matrix: QuantizedMatrix; error: number } | undefined;
  for (const matrix of tried) {
    const rounded = { weights: dequantizeMatrix(matrix), inputs: roundedInputs };
    const { error, total } = await errors.compare(width, { weights, inputs: inputs.sample }, rounded);
    if (best === undefined || ratio(error, total) < best.error) best = { matrix, error: ratio(error, total) };
  }
  return best!;
}
