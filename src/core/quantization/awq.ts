import type { ScaledChannels } from '../architectures/architecture.js';
import type { HostTensor, StateDict, StorageType } from '../checkpoints/checkpoint.js';
import type { LayerInputs } from './calibration.js';
import { dequantizeMatrix } from './dequantize-matrix.js';
import type { IntegerScheme } from './integer-scheme.js';
import type { OutputErrors } from './output-error.js';
import { quantizeMatrix } from './quantize-matrix.js';
import { roundTo } from './scale.js';

/**
 * Activation-aware weight quantisation: channels that carry large activations are scaled up in the weights before they
 * are rounded, so that their share of a block's error shrinks, and down again where they are written (Lin et al. 2023,
 * arXiv 2306.00978, section 3.2).
 */

/** Exponents of the activations tried, from 0 (no scaling) to 1 (all of it goes to the weights): 20 steps, as the paper's code. */
const EXPONENTS = [...Array(21).keys()].map((step) => step / 20);

/** Smallest scale before all are brought around 1, as in the paper's code: dead channels would be divided by nothing. */
const SMALLEST_SCALE = 1e-4;

/** A layer that reads the channels. */
export interface ChannelReader {
  /** [outputs, inputs] */
  readonly weights: Float32Array;
  readonly outputs: number;
  /** `undefined` where it is not quantised, and so has no error. */
  readonly scheme: IntegerScheme | undefined;
}

/** What the search found. */
export interface FoundScales {
  readonly exponent: number;
  /** One for each channel of the writer. */
  readonly scales: Float32Array;
  /** Squared error of the readers' outputs over the sample, and what it is with an exponent of 0. */
  readonly error: number;
  readonly unscaledError: number;
}

/** Mean magnitudes of the writer's channels: over the inputs where each arrives. */
function channelMagnitudes(
  { width, meanMagnitude }: LayerInputs,
  channelAt: (input: number) => number,
): Float32Array {
  const channels = [...Array(width).keys()].map(channelAt);
  const sums = new Float32Array(Math.max(...channels) + 1);
  const counts = new Float32Array(sums.length);
  channels.forEach((channel, input) => {
    sums[channel]! += meanMagnitude[input]!;
    counts[channel]! += 1;
  });
  return sums.map((sum, channel) => sum / counts[channel]!);
}

/** `magnitude ^ exponent`, brought around 1: the largest and the smallest are each other's inverse. */
export function activationScales(magnitudes: Float32Array, exponent: number): Float32Array {
  const scales = magnitudes.map((magnitude) => Math.max(SMALLEST_SCALE, magnitude ** exponent));
  let [least, most] = [Infinity, 0];
  for (const scale of scales) [least, most] = [Math.min(least, scale), Math.max(most, scale)];
  return scales.map((scale) => scale / Math.sqrt(least * most));
}

/** Multiplies (or with `inverse` divides) each column by the scale of its channel. */
export function scaleColumns(
  rows: Float32Array,
  width: number,
  scaleAt: (input: number) => number,
  inverse = false,
): Float32Array {
  const factors = Float64Array.from({ length: width }, (_, input) =>
    inverse ? 1 / scaleAt(input) : scaleAt(input),
  );
  const scaled = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    for (let input = 0; input < width; input++)
      scaled[start + input] = rows[start + input]! * factors[input]!;
  }
  return scaled;
}

/**
 * Finds the exponent with the least error in the outputs of the layers that read the channels.
 *
 * @param roundInputs what becomes of inputs [tokens, width] before they are multiplied
 */
export async function searchScales(
  readers: readonly ChannelReader[],
  inputs: LayerInputs,
  channelAt: (input: number) => number,
  errors: OutputErrors,
  roundInputs: (rows: Float32Array, width: number) => Float32Array,
): Promise<FoundScales> {
  const { width, sample } = inputs;
  const magnitudes = channelMagnitudes(inputs, channelAt);
  let best: Omit<FoundScales, 'unscaledError'> | undefined;
  let unscaledError = 0;
  for (const exponent of EXPONENTS) {
    const scales = activationScales(magnitudes, exponent);
    const scaleAt = (input: number): number => scales[channelAt(input)]!;
    const scaledInputs = roundInputs(scaleColumns(sample, width, scaleAt, true), width);
    let error = 0;
    for (const { weights, outputs, scheme } of readers) {
      if (scheme === undefined) continue;
      const scaled = quantizeMatrix(
        scaleColumns(weights, width, scaleAt),
        { outputs, inputs: width },
        scheme,
      );
      const rounded = { weights: dequantizeMatrix(scaled), inputs: scaledInputs };
      error += (await errors.compare(width, { weights, inputs: sample }, rounded)).error;
    }
    if (exponent === 0) unscaledError = error;
    if (best === undefined || error < best.error) best = { exponent, scales, error };
  }
  return { ...best!, unscaledError };
}

/**
 * The parameters of a writer and its readers with the channels between them scaled.
 *
 * What a normalisation's gain loses when it is stored is taken into the scales, so that gain and weights still multiply
 * to what they were.
 *
 * @param read a parameter by its name; `undefined` where the model has none of it
 * @param storage type that gains are stored in
 * @returns the changed parameters, and the scales as they came to be
 */
export async function applyScales(
  { writer, readers, channelAt = (input) => input }: ScaledChannels,
  scales: Float32Array,
  read: (parameter: string) => Promise<HostTensor | undefined>,
  storage: StorageType,
): Promise<{ readonly changed: StateDict; readonly scales: Float32Array }> {
  const changed: StateDict = new Map();
  const weight = (await read(`${writer}.weight`))!;
  const final = Float32Array.from(scales);
  if (weight.shape.length === 1) {
    const gain = weight.data.map((value, channel) => {
      const stored = roundTo(storage, value / scales[channel]!);
      final[channel] = stored === 0 ? 1 : value / stored;
      return stored === 0 ? value : stored;
    });
    changed.set(`${writer}.weight`, { ...weight, data: gain });
  } else {
    const width = weight.shape[1]!;
    const rows = weight.data.map((value, index) => value / final[Math.floor(index / width)]!);
    changed.set(`${writer}.weight`, { ...weight, data: rows });
  }
  const bias = await read(`${writer}.bias`);
  if (bias !== undefined) {
    changed.set(`${writer}.bias`, {
      ...bias,
      data: bias.data.map((value, channel) => value / final[channel]!),
    });
  }
  for (const reader of readers) {
    const { shape, data } = (await read(`${reader}.weight`))!;
    const scaled = scaleColumns(data, shape[1]!, (input) => final[channelAt(input)]!);
    changed.set(`${reader}.weight`, { shape, data: scaled });
  }
  return { changed, scales: final };
}
