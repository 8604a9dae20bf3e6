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
/** Lowest and highest frequency of Llama 3.1 that are scaled in part, in turns within that context. */
const LLAMA_3_BOUNDS: readonly [number, number] = [1, 4];
/** YaRN's bounds in llama.cpp, which reads others from the files of further architectures only (src/llama-context.cpp). */
const YARN_BETAS = { beta_fast: 32, beta_slow: 1 } as const;
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
      for (const [key, usual] of Object.entries(YARN_BETAS)) {
        const stated = number(key) ?? usual;
        if (stated === usual) continue;
        throw unsupported(
          'config.json',
          `${key} of rope scaling "yarn" is ${stated}, and llama.cpp computes this architecture with ${usual}`,
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

/**
 * The settings of Llama 3's scheme that give these divisors; `undefined` where none do. Their inverses lie on a straight
 * line over 1/wavelength between two bounds: where fewer than two frequencies do, many lines go through them, and
 * Llama 3.1's own bounds are tried first.
 */
function fitLlama3(factors: Float32Array, theta: number, headDimension: number): Llama3Scaling | undefined {
  const factor = shortestDecimal(Math.max(...factors));
  // The place on that line, from 1 (not scaled) at short wavelengths to 0 (scaled by all of the factor) at long ones.
  const points = wavelengths(theta, headDimension).map((wavelength, index) => ({
    x: LLAMA_3_CONTEXT / wavelength,
    y: (1 / factors[index]! - 1 / factor) / (1 - 1 / factor),
  }));
  const isScaled = (index: number): boolean => factors[index]! >= factor * (1 - FACTOR_TOLERANCE);
  const between = points.filter((_, index) => factors[index]! > 1 + FACTOR_TOLERANCE && !isScaled(index));
  const [first, last] = [between[0], between.at(-1)];
  const lowest = points.find((_, index) => isScaled(index))!.x;
  const highest = points.findLast((_, index) => factors[index]! <= 1 + FACTOR_TOLERANCE)?.x;
  const lineThrough = ({ x, y }: { x: number; y: number }, slope: number): [number, number] => [
    x - y / slope,
    x + (1 - y) / slope,
  ];
  const bounds = (): [number, number] => {
    if (first === undefined || last === undefined) return [lowest, highest ?? 4 * lowest];
    if (first !== last) return lineThrough(first, (first.y - last.y) / (first.x - last.x));
    // The flattest line that reaches neither neighbour.
    const { x, y } = first;
    return lineThrough(first, Math.max(y / (x - lowest), (1 - y) / ((highest ?? Infinity) - x)));
  };
  const found = bounds();
  const rounded = found.map((bound) => Number(bound.toPrecision(4))) as [number, number];
  const candidates = [...(first === last ? [LLAMA_3_BOUNDS] : []), rounded, found];
  return candidates
    .map(([low, high]) => ({
      factor,
      low_freq_factor: low,
      high_freq_factor: high,
      original_max_position_embeddings: LLAMA_3_CONTEXT,
    }))
    .find((scaling) =>
      llama3Factors(scaling, theta, headDimension).every(
        (value, index) => Math.abs(value / factors[index]! - 1) <= FACTOR_TOLERANCE,
      ),
    );
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
