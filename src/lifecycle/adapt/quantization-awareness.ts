import type { Model } from '../../core/architectures/architecture.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { commandWord } from '../../core/project/command-word.js';
import type { IntegerScheme } from '../../core/quantization/integer-scheme.js';
import { planLayers, type KeptLayer, type LayerPlan } from '../../core/quantization/plan-layers.js';
import type { ResolvedFineTuneOptions } from './fine-tune-options.js';

/** What a run was made for, where weights are rounded as it learns, and how the same integers come out of it. */
export interface QuantizationAwareness {
  readonly to: 'int8' | 'int4';
  /** Neighbours in a row that share a scale; `null` where a whole row does. */
  readonly block_size: number | null;
  /** Linear layers whose weights are rounded. */
  readonly layers: number;
  readonly kept_layers: readonly KeptLayer[];
  /** Commands that make the quantised model, in order. */
  readonly commands: readonly string[];
}

/** Bits of the integers, by name. */
const BITS = { int8: 8, int4: 4 } as const;

/**
 * Decides which weights a run rounds as it learns, and how: as `genai deploy quantize` will round what it writes.
 *
 * @returns `undefined` where none are
 * @throws ToolkitError `UNSUPPORTED` for models that cannot be quantised; `USAGE` where no layer can be rounded
 */
export function planRounding(
  model: Model,
  { qat, qatBlockSize }: Pick<ResolvedFineTuneOptions, 'qat' | 'qatBlockSize'>,
): LayerPlan | undefined {
  if (qat === undefined) return undefined;
  if (model.linearLayers.some(({ inputsFirst }) => inputsFirst)) {
    throw new ToolkitError(
      `--qat: ${model.architecture} models store their weights with the inputs first, which the format of quantised folders has no place for`,
      'UNSUPPORTED',
      'Train it without --qat.',
    );
  }
  // What such runs write is in float32, of which scales are stored as bfloat16.
  const scheme: IntegerScheme = {
    ...{ bits: BITS[qat], blockSize: qatBlockSize ?? null, symmetric: true, scaleType: 'BF16' },
  };
  return planLayers(model, scheme, []);
}

/** The same for people and programs. */
export function describeRounding(
  { qat, qatBlockSize, method, out }: ResolvedFineTuneOptions,
  plan: LayerPlan | undefined,
): QuantizationAwareness | undefined {
  if (qat === undefined || plan === undefined) return undefined;
  const [merged, quantized] = [`${out}-merged`, `${out}-${qat}`].map(commandWord);
  const folder = commandWord(out);
  const blocks = qatBlockSize === undefined ? '' : ` --block-size ${qatBlockSize}`;
  const model = method === 'lora' ? merged : folder;
  return {
    ...{ to: qat, block_size: qatBlockSize ?? null, layers: plan.quantized.length, kept_layers: plan.kept },
    commands: [
      ...(method === 'lora' ? [`genai adapt merge --adapter ${folder} --storage F32 --out ${merged}`] : []),
      `genai deploy quantize ${model} --to ${qat}${blocks} --method round --out ${quantized}`,
    ],
  };
}

/** `int4 in blocks of 64`. */
export function namedRounding({ to, block_size }: Pick<QuantizationAwareness, 'to' | 'block_size'>): string {
  return block_size === null ? `${to} with a scale for each row` : `${to} in blocks of ${block_size}`;
}
