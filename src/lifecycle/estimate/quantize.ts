import { z } from 'zod';
import { figure, type Figure } from '../../core/estimates/figure.js';
import {
  formatLimits,
  NUMBER_FORMATS,
  project,
  storedBits,
  type NumberFormat,
} from '../../core/number-formats/index.js';
import { parseOptions } from '../parse-options.js';
import { resolveModel, type ResolveModelPorts } from '../../core/selection/resolve-model.js';

const optionsSchema = z.object({
  /** As {@link resolveModel} takes it. */
  model: z.string().min(1),
  /** A number to round into every format. */
  value: z.number().default(Math.PI),
  /** Largest magnitude of the block the number stands in; by default the next power of two above it. */
  range: z.number().positive().optional(),
});

/** Options of {@link estimateQuantization}. */
export type EstimateQuantizationOptions = z.input<typeof optionsSchema>;

/** One number format, for one model and one number. */
export interface FormatEstimate {
  readonly id: string;
  readonly name: string;
  readonly bits: number;
  readonly sign_bits: number;
  /** `null` for formats without an exponent. */
  readonly exponent_bits: number | null;
  readonly mantissa_bits: number | null;
  /** For formats with a scale, as a share of the largest magnitude of the block. */
  readonly largest: number;
  readonly smallest_normal: number;
  readonly smallest: number;
  readonly spacing: number;
  readonly relative_to_scale: boolean;
  readonly weights_bytes: number;
  readonly derivation: Figure;
  /** Of what FP32 takes. */
  readonly saved_share: number;
  /** What the format holds instead of the value; `null` where it can hold nothing near, and becomes infinite. */
  readonly rounded: number | null;
  /** `null` where the value is zero or the result infinite. */
  readonly relative_error: number | null;
  readonly source: string;
}

/** What number formats save, and what they lose. */
export interface QuantizationEstimate {
  readonly model: { readonly name: string; readonly parameters: number };
  readonly value: number;
  readonly range: number;
  readonly formats: readonly FormatEstimate[];
}

/** Bits of the format that savings are counted from: what the course notes start from. */
const BASELINE_BITS = 32;

/**
 * Compares the number formats that weights can be held in: memory, range, precision, and what one number becomes.
 *
 * @throws ToolkitError as {@link resolveModel}, and `USAGE` for a value or a range that is no number
 */
export async function estimateQuantization(
  options: EstimateQuantizationOptions,
  ports: ResolveModelPorts,
): Promise<QuantizationEstimate> {
  const { model: name, value, range: wantedRange } = parseOptions(optionsSchema, options);
  const { model } = await resolveModel(name, ports);
  const range = wantedRange ?? (value === 0 ? 1 : 2 ** Math.ceil(Math.log2(Math.abs(value))));
  return {
    model: { name, parameters: model.parameters },
    value,
    range,
    formats: NUMBER_FORMATS.map((format) => estimateFormat(format, model.parameters, value, range)),
  };
}

function estimateFormat(
  format: NumberFormat,
  parameters: number,
  value: number,
  range: number,
): FormatEstimate {
  const limits = formatLimits(format);
  const rounded = project(value, format, range);
  const isFloating = format.kind === 'floating point';
  const derivation = weightsFigure(format, parameters);
  return {
    id: format.id,
    name: format.name,
    bits: format.bits,
    sign_bits: 1,
    exponent_bits: isFloating ? format.exponentBits : null,
    mantissa_bits: isFloating ? format.mantissaBits : null,
    largest: limits.largest,
    smallest_normal: limits.smallestNormal,
    smallest: limits.smallest,
    spacing: limits.spacing,
    relative_to_scale: !isFloating,
    weights_bytes: Math.ceil(derivation.value),
    derivation,
    saved_share: 1 - storedBits(format) / BASELINE_BITS,
    rounded: Number.isFinite(rounded) ? rounded : null,
    relative_error: value === 0 || !Number.isFinite(rounded) ? null : Math.abs(rounded / value - 1),
    source: format.source,
  };
}

function weightsFigure(format: NumberFormat, parameters: number): Figure {
  const { bits, source } = format;
  const scale = format.kind === 'floating point' ? undefined : format.blockScale;
  if (scale !== undefined) {
    return figure(
      'parameters * (bits + scale_bits / values_per_scale) / 8',
      { parameters, bits, scale_bits: scale.scaleBits, values_per_scale: scale.valuesPerScale },
      { source, leavesOut: 'embeddings and norms, which such formats usually leave in 16 bits' },
    );
  }
  const leavesOut = format.kind === 'integer' ? 'one scale for each row, below 0.1 %' : undefined;
  return figure('parameters * bits / 8', { parameters, bits }, { source, leavesOut });
}
