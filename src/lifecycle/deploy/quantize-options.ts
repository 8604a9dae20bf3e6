import { z } from 'zod';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { StorageType } from '../../core/checkpoints/checkpoint.js';
import type { IntegerFormat } from '../../core/checkpoints/compressed-tensors-config.js';
import { INT4_BLOCK_SIZE } from '../../core/quantization/integer-scheme.js';
import { QUANTIZATION_METHODS, type QuantizationMethod } from '../../core/quantization/quantize-model.js';

/** What weights can be quantised to. */
const QUANTIZATION_TARGETS = ['fp16', 'bf16', 'int8', 'int8-dynamic', 'int4'] as const;

/** One of {@link QUANTIZATION_TARGETS}. */
export type QuantizationTarget = (typeof QUANTIZATION_TARGETS)[number];

/** Targets in floating point, and the type of storage that they are. */
export const FLOATING_POINT: Readonly<Partial<Record<QuantizationTarget, StorageType>>> = {
  fp16: 'F16',
  bf16: 'BF16',
};

const text = z.string().min(1);

export const quantizeSchema = z.object({
  /** Folder of the model, or of the run that made one. */
  model: text,
  /** Folder of the quantised model. */
  out: text,
  to: z.enum(QUANTIZATION_TARGETS),
  /** Neighbours in a row that share a scale; unless told, 64 for `int4` and the whole row for `int8`. */
  blockSize: z.literal([32, 64, 128]).optional(),
  /** A zero point for each scale. */
  zeroPoints: z.boolean().default(false),
  /** Default: `awq` where there are texts to calibrate on, else `search`. */
  method: z.enum(QUANTIZATION_METHODS).optional(),
  /** Dataset whose texts the model is calibrated on. */
  calibrate: text.optional(),
  calibrationRows: z.number().int().positive().default(128),
  /** Linear layers that stay as they are: names, ends of names, or patterns with `*`. */
  keep: z.array(text).default([]),
  /** Dataset that perplexity, and other metrics, are measured on before and after. */
  evaluate: text.optional(),
  /** Part of a dataset folder that is measured on. */
  split: text.default('test'),
  /** Rows that are measured on at most. */
  evaluationRows: z.number().int().positive().optional(),
  /** What is measured besides perplexity. */
  metrics: z.array(text).default([]),
  /** Of the bootstrap. */
  seed: z.number().int().min(0).default(0),
  /** Replace the folder where this toolkit wrote it. */
  force: z.boolean().default(false),
});

/** Options of `quantize`. */
export type QuantizeOptions = z.input<typeof quantizeSchema>;

/** The same, complete. */
export type QuantizeSettings = z.output<typeof quantizeSchema>;

/** How weights are held in integers, and where they lie. */
export interface IntegerTarget {
  readonly bits: 4 | 8;
  readonly blockSize: 32 | 64 | 128 | null;
  readonly symmetric: boolean;
  readonly format: IntegerFormat;
  readonly dynamicActivations: boolean;
  readonly method: QuantizationMethod;
}

function wrong(message: string, hint: string): ToolkitError {
  return new ToolkitError(message, 'USAGE', hint);
}

/**
 * What the options ask for in integers; `undefined` for targets in floating point.
 *
 * @throws ToolkitError `USAGE` for options that do not go together
 */
export function integerTarget(settings: QuantizeSettings): IntegerTarget | undefined {
  const { to, blockSize, zeroPoints, method, calibrate, keep, metrics, evaluate } = settings;
  if (metrics.length > 0 && evaluate === undefined) {
    throw wrong('--metric is of a dataset that is not named', 'Name it with --evaluate.');
  }
  if (FLOATING_POINT[to] !== undefined) {
    const given = {
      ...{ '--block-size': blockSize, '--zero-points': zeroPoints || undefined, '--method': method },
      ...{ '--calibrate': calibrate, '--keep': keep[0] },
    };
    const flag = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
    if (flag === undefined) return undefined;
    throw wrong(
      `${flag} means nothing to --to ${to}`,
      'It is for integers: --to int4, int8 or int8-dynamic.',
    );
  }
  if (method === 'awq' && calibrate === undefined) {
    throw wrong(
      '--method awq scales channels by their activations, and there are none',
      'Name texts to run the model over with --calibrate.',
    );
  }
  const dynamicActivations = to === 'int8-dynamic';
  if (dynamicActivations && (blockSize !== undefined || zeroPoints)) {
    throw wrong(
      `--${blockSize === undefined ? 'zero-points' : 'block-size'} does not go with --to int8-dynamic`,
      'Products of integers take one scale for a row, and no zero points; choose int8 for those.',
    );
  }
  return {
    bits: to === 'int4' ? 4 : 8,
    blockSize: blockSize ?? (to === 'int4' ? INT4_BLOCK_SIZE : null),
    symmetric: !zeroPoints,
    // What runtimes look for: packed where only weights are in integers, bytes where they multiply integers.
    format: dynamicActivations ? 'int-quantized' : 'pack-quantized',
    dynamicActivations,
    method: method ?? (calibrate === undefined ? 'search' : 'awq'),
  };
}
