import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { RotaryTable } from '../engine/operations/rotary-embedding.js';

/** The `rope_scaling` / `rope_parameters` object of published configurations. */
export const rotaryScalingSchema = z
  .object({
    rope_type: z.string().optional(),
    type: z.string().optional(),
    rope_theta: z.number().positive().optional(),
    factor: z.number().positive().optional(),
    low_freq_factor: z.number().positive().optional(),
    high_freq_factor: z.number().positive().optional(),
    original_max_position_embeddings: z.number().int().positive().optional(),
    attention_factor: z.number().positive().nullish(),
    beta_fast: z.number().positive().nullish(),
    beta_slow: z.number().positive().nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().nullish(),
  })
  .loose();

/** Parsed scaling parameters. */
export type RotaryScaling = z.output<typeof rotaryScalingSchema>;

/** What the angles are made from. */
export interface RotarySettings {
  readonly theta: number;
  readonly headDimension: number;
  readonly contextLength: number;
  readonly scaling: RotaryScaling | undefined;
}

interface Frequencies {
  readonly inverse: number[];
  /** Factor of cosines and sines. */
  readonly amplitude: number;
}

type Scheme = (plain: number[], settings: RotarySettings, scaling: RotaryScaling) => Frequencies;

function required(scaling: RotaryScaling, field: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number {
  const value = scaling[field];
  if (value !== undefined) return value;
  throw new ToolkitError(`config.json: rope scaling has no ${field}`, 'BAD_CHECKPOINT');
}

/** Positions are divided by the factor (Chen et al. 2023, arXiv 2306.15595). */
const linearScheme: Scheme = (plain, _settings, scaling) => ({
  inverse: plain.map((frequency) => frequency / required(scaling, 'factor')),
  amplitude: 1,
});

/** Low frequencies are divided, high ones kept, with a ramp between (Llama 3.1, model card and reference code). */
const llama3Scheme: Scheme = (plain, settings, scaling) => {
  const factor = required(scaling, 'factor');
  const low = required(scaling, 'low_freq_factor');
  const high = required(scaling, 'high_freq_factor');
  const original = scaling.original_max_position_embeddings ?? settings.contextLength;
  const inverse = plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / high) return frequency;
    if (wavelength > original / low) return frequency / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
  return { inverse, amplitude: 1 };
};

/** Interpolation by wavelength with a temperature on the scores (YaRN: Peng et al. 2023, arXiv 2309.00071). */
const yarnScheme: Scheme = (plain, settings, scaling) => {
  const original = scaling.original_max_position_embeddings ?? settings.contextLength;
  const factor = scaling.factor ?? settings.contextLength / original;
  const mscale = (multiplier: number): number => (factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1);
  const amplitude =
    scaling.attention_factor ??
    (scaling.mscale && scaling.mscale_all_dim
      ? mscale(scaling.mscale) / mscale(scaling.mscale_all_dim)
      : mscale(1));
  // The dimension whose wave turns `rotations` times over the original context.
  const dimensionOf = (rotations: number): number =>
    (settings.headDimension * Math.log(original / (rotations * 2 * Math.PI))) /
    (2 * Math.log(settings.theta));
  const whole = scaling.truncate ?? true;
  const first = dimensionOf(scaling.beta_fast ?? 32);
  const last = dimensionOf(scaling.beta_slow ?? 1);
  const start = Math.max(whole ? Math.floor(first) : first, 0);
  let end = Math.min(whole ? Math.ceil(last) : last, settings.headDimension - 1);
  if (end === start) end += 0.001; // no division by zero, as in the reference
  const inverse = plain.map((frequency, index) => {
    const interpolated = Math.min(1, Math.max(0, (index - start) / (end - start)));
    return (frequency / factor) * interpolated + frequency * (1 - interpolated);
  });
  return { inverse, amplitude };
};

const SCHEMES: Readonly<Record<string, Scheme>> = {
  default: (plain) => ({ inverse: plain, amplitude: 1 }),
  linear: linearScheme,
  llama3: llama3Scheme,
  yarn: yarnScheme,
};

/** Name of the scaling scheme, checked against those known. */
export function rotaryScheme(scaling: RotaryScaling | undefined): string {
  const name = scaling?.rope_type ?? scaling?.type ?? 'default';
  if (Object.hasOwn(SCHEMES, name)) return name;
  throw new ToolkitError(
    `config.json: rope scaling of type ${JSON.stringify(name)} is not supported`,
    'UNSUPPORTED',
    `Supported: ${Object.keys(SCHEMES).join(', ')}.`,
  );
}

/** Cosines and sines of positions 0 … length - 1. */
export function rotaryTable(settings: RotarySettings, length: number): RotaryTable {
  const angles = settings.headDimension / 2;
  const plain = Array.from({ length: angles }, (_, index) => settings.theta ** (-index / angles));
  const scheme = SCHEMES[rotaryScheme(settings.scaling)]!;
  const { inverse, amplitude } = scheme(plain, settings, settings.scaling ?? {});
  const cosine = new Float32Array(length * angles);
  const sine = new Float32Array(length * angles);
  for (let position = 0; position < length; position++) {
    inverse.forEach((frequency, index) => {
      // The reference multiplies in float32; so must the angle be, or late positions differ.
      const angle = Math.fround(position * Math.fround(frequency));
      cosine[position * angles + index] = Math.cos(angle) * amplitude;
      sine[position * angles + index] = Math.sin(angle) * amplitude;
    });
  }
  return { length, angles, cosine, sine };
}

/** Tables by length; one forward pass asks for the same table in every layer. */
export function rotaryTableCache(settings: RotarySettings): (length: number) => RotaryTable {
  let table: RotaryTable | undefined;
  return (length) => (table?.length === length ? table : (table = rotaryTable(settings, length)));
}
