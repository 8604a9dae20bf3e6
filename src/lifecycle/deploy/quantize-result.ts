import type { StorageType } from '../../core/checkpoints/checkpoint.js';
import type { MetricValue } from '../../core/evaluation/evaluation-result.js';
import type { KeptLayer } from '../../core/quantization/plan-layers.js';
import type { LayerLoss, QuantizationMethod } from '../../core/quantization/quantize-model.js';
import type { QuantizationTarget } from './quantize-options.js';

/** One metric of the model, and of the quantised one. */
export interface MeasuredChange {
  readonly metric: string;
  readonly higher_is_better: boolean;
  readonly before: Pick<MetricValue, 'value' | 'low' | 'high'>;
  readonly after: Pick<MetricValue, 'value' | 'low' | 'high'>;
}

/** What came of one layer. */
export interface QuantizedLayer extends LayerLoss {
  /** Neighbours that share a scale; `null` where a whole row does. */
  readonly block_size: number | null;
}

/**
 * How many layers have other blocks than most, by the size of theirs: what was asked for does not divide all rows.
 *
 * @returns e.g. `32 in 3 layers`; `undefined` where all have the same
 */
export function otherBlocks({
  layers,
  block_size,
}: Pick<QuantizeResult, 'layers' | 'block_size'>): string | undefined {
  const counts = new Map<number | null, number>();
  for (const { block_size: size } of layers) counts.set(size, (counts.get(size) ?? 0) + 1);
  counts.delete(block_size);
  const parts = [...counts].map(([size, count]) => `${size} in ${count} ${count === 1 ? 'layer' : 'layers'}`);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** What `quantize` did. */
export interface QuantizeResult {
  readonly output_dir: string;
  readonly model: string;
  readonly to: QuantizationTarget;
  /** How integers were found; `null` for targets in floating point. */
  readonly method: QuantizationMethod | null;
  /** Neighbours that share a scale in most layers, where not all of a row do. */
  readonly block_size: number | null;
  readonly zero_points: boolean;
  readonly parameters: number;
  /** Bytes of the weight files, as they lie on disk. */
  readonly bytes_before: number;
  readonly bytes_after: number;
  /** Of all parameters, over the bytes on disk. */
  readonly bits_per_weight: number;
  readonly quantized_layers: number;
  readonly kept_layers: readonly KeptLayer[];
  /** Type of what is not in integers. */
  readonly storage: StorageType;
  readonly calibration: { readonly path: string; readonly texts: number; readonly tokens: number } | null;
  readonly evaluation: {
    readonly path: string;
    readonly sha256: string;
    readonly rows: number;
    readonly metrics: readonly MeasuredChange[];
  } | null;
  /** What the errors are of: outputs over the tokens calibrated on, or the weights themselves. */
  readonly errors_of: 'outputs' | 'weights' | null;
  /** The layers, those that lose most first. */
  readonly layers: readonly QuantizedLayer[];
}
