import type { ModelShape } from '../../../architectures/architecture.js';
import { ToolkitError } from '../../../errors/toolkit-error.js';
import type { HostTensor } from '../../checkpoint.js';
import { isJsonObject, type JsonObject } from '../../json-file.js';
import { float32, shortestDecimal, text, uint32, type GgufEntry } from '../metadata.js';
import type { MetadataReader } from '../metadata-reader.js';

/** What Llama 3's scheme is to ggml: one divisor for each rotary frequency. */
export const ROTARY_FACTORS_TENSOR = 'rope_freqs.weight';

/** Context that Llama 3.1 was first trained with; a file does not say it, and only ratios to it matter. */
const LLAMA_3_CONTEXT = 8192;
/** Factors of a file are float32, its frequencies come from another program's `pow`. */
const FACTOR_TOLERANCE = 1e-4;

interface Llama3Scaling {
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly original_max_position_embeddings: number;
}

function unsupported(where: string, problem: string): ToolkitError {
  return new ToolkitError(`${where}: ${problem}`, 'UNSUPPORTED', 'Use another model or target.');
}

/** 2π over the frequency of each pair of dimensions. */
function wavelengths(theta: number, headDimension: number): number[] {
  return Array.from(
    { length: headDimension / 2 },
    (_, index) => 2 * Math.PI * theta ** ((2 * index) / headDimension),
  );
}

/** Divisors of the frequencies in Llama 3's scheme (Llama 3.1's reference code). */
function llama3Factors(scaling: Llama3Scaling, theta: number, headDimension: number): number[] {
  const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
  const original = scaling.original_max_position_embeddings;
  return wavelengths(theta, headDimension).map((wavelength) => {
    if (wavelength < original / high) return 1;
    if (wavelength > original / low) return factor;
    const smooth = (original / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

/** What rotary positions are to llama.cpp. */
export interface RotaryDescription {
  readonly theta: number | undefined;
  readonly entries: readonly (readonly [string, GgufEntry])[];
  readonly factors?: HostTensor;
}

/**
 * @param config `config.json`, its scaling valid as the architecture reads it
 * @throws ToolkitError UNSUPPORTED for variants that llama.cpp does not know
 */
export function describeRotaryScaling(config: JsonObject, shape: ModelShape): RotaryDescription {
  const stated = config['rope_parameters'] ?? config['rope_scaling'];
  const scaling = isJsonObject(stated) ? stated : {};
  const number = (key: string): number | undefined =>
    (scaling[key] as number | null | undefined) ?? undefined;
  const theta = number('rope_theta') ?? (config['rope_theta'] as number | undefined);
  const kind = (scaling['rope_type'] ?? scaling['type'] ?? 'default') as string;
  const original = number('original_max_position_embeddings') ?? shape.contextLength;
  switch (kind) {
    case 'linear':
      return {
        theta,
        entries: [
          ['rope.scaling.type', text('linear')],
          ['rope.scaling.factor', float32(number('factor')!)],
        ],
      };
    case 'yarn': {
      if (scaling['truncate'] === false || (scaling['mscale'] && scaling['mscale_all_dim'])) {
        throw unsupported(
          'config.json',
          'this variant of rope scaling "yarn" cannot be computed by llama.cpp',
        );
      }
      const factor = number('factor') ?? shape.contextLength / original;
      const attention = number('attention_factor');
      const optional = (key: string, value: number | undefined): [string, GgufEntry][] =>
        value === undefined ? [] : [[key, float32(value)]];
      return {
        theta,
        entries: [
          ['rope.scaling.type', text('yarn')],
          ['rope.scaling.factor', float32(factor)],
          ['rope.scaling.original_context_length', uint32(original)],
          ...optional('rope.scaling.yarn_attn_factor', attention),
          // llama.cpp computes the usual temperature by itself, and multiplies it by this.
          ...optional(
            'rope.scaling.attn_factor',
            attention === undefined ? undefined : attention / (1 + 0.1 * Math.log(factor)),
          ),
          ...optional('rope.scaling.yarn_beta_fast', number('beta_fast')),
          ...optional('rope.scaling.yarn_beta_slow', number('beta_slow')),
        ],
      };
    }
    case 'llama3': {
      const factors = llama3Factors(
        {
          factor: number('factor')!,
          low_freq_factor: number('low_freq_factor')!,
          high_freq_factor: number('high_freq_factor')!,
          original_max_position_embeddings: original,
        },
        theta ?? 10_000,
        shape.headDimension,
      );
      return {
        theta,
        entries: [],
        factors: { shape: [factors.length], data: Float32Array.from(factors) },
      };
    }
    default:
      return { theta, entries: [] };
  }
}

/** The settings of Llama 3's scheme that give these divisors; they lie on a straight line over 1/wavelength. */
function fitLlama3(factors: Float32Array, theta: number, headDimension: number): Llama3Scaling | undefined {
  const factor = shortestDecimal(Math.max(...factors));
  const points = wavelengths(theta, headDimension).flatMap((wavelength, index) => {
    const value = factors[index]!;
    const isBetween = value > 1 + FACTOR_TOLERANCE && value < factor * (1 - FACTOR_TOLERANCE);
    return isBetween
      ? [[LLAMA_3_CONTEXT / wavelength, (1 / value - 1 / factor) / (1 - 1 / factor)] as const]
      : [];
  });
  const [first, last] = [points[0], points.at(-1)];
  const fitted = (): [number, number] => {
    if (first === undefined || last === undefined || first === last) return [1, 4];
    const slope = (first[1] - last[1]) / (first[0] - last[0]);
    const low = first[0] - first[1] / slope;
    const round = (value: number): number => Number(value.toPrecision(4));
    return [round(low), round(low + 1 / slope)];
  };
  const [low, high] = fitted();
  const scaling = {
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: LLAMA_3_CONTEXT,
  };
  const again = llama3Factors(scaling, theta, headDimension);
  const agrees = again.every((value, index) => Math.abs(value / factors[index]! - 1) <= FACTOR_TOLERANCE);
  return agrees ? scaling : undefined;
}

/** What a file's rotary positions are built from. */
export interface StoredRotary {
  readonly theta: number;
  readonly headDimension: number;
  readonly factors: Float32Array | undefined;
}

/**
 * `rope_scaling` of a file; `undefined` where there is none.
 * @throws ToolkitError UNSUPPORTED for schemes beyond linear, YaRN and Llama 3's
 */
export function readRotaryScaling(
  metadata: MetadataReader,
  { theta, headDimension, factors }: StoredRotary,
): JsonObject | undefined {
  const kind = metadata.text('rope.scaling.type') ?? 'none';
  if (factors !== undefined && factors.some((factor) => factor !== 1)) {
    const fitted =
      kind === 'none' && factors.length === headDimension / 2
        ? fitLlama3(factors, theta, headDimension)
        : undefined;
    if (fitted !== undefined) return { rope_type: 'llama3', ...fitted };
    throw unsupported(metadata.path, `its ${ROTARY_FACTORS_TENSOR} follows no known scheme`);
  }
  // Files from before 2024 say it so.
  const oldFactor = metadata.number('rope.scale_linear');
  if (oldFactor !== undefined && oldFactor !== 1) return { rope_type: 'linear', factor: oldFactor };
  switch (kind) {
    case 'none':
      return undefined;
    case 'linear':
      return { rope_type: 'linear', factor: metadata.requiredNumber('rope.scaling.factor') };
    case 'yarn': {
      const factor = metadata.requiredNumber('rope.scaling.factor');
      const temperature = metadata.number('rope.scaling.attn_factor');
      const betaFast = metadata.number('rope.scaling.yarn_beta_fast');
      const betaSlow = metadata.number('rope.scaling.yarn_beta_slow');
      return {
        rope_type: 'yarn',
        factor,
        original_max_position_embeddings: metadata.requiredSize('rope.scaling.original_context_length'),
        ...(temperature === undefined
          ? {}
          : { attention_factor: shortestDecimal(temperature * (1 + 0.1 * Math.log(factor))) }),
        ...(betaFast === undefined ? {} : { beta_fast: betaFast }),
        ...(betaSlow === undefined ? {} : { beta_slow: betaSlow }),
      };
    }
    default:
      throw unsupported(metadata.path, `its rope scaling ${JSON.stringify(kind)} is not supported`);
  }
}
