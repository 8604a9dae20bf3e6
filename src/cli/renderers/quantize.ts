import {
  otherBlocks,
  type MeasuredChange,
  type QuantizeResult,
} from '../../lifecycle/deploy/quantize-result.js';
import { formatBytes, formatCount, formatFigure } from '../format.js';
import type { Column } from '../table.js';

/** Columns of {@link changeRows}. */
export const CHANGE_COLUMNS: readonly Column[] = [
  { title: 'metric' },
  { title: 'before', align: 'right' },
  { title: 'after', align: 'right' },
  { title: 'change', align: 'right' },
];

/** Columns of {@link lossRows}. */
export const LOSS_COLUMNS: readonly Column[] = [{ title: 'layer' }, { title: 'error', align: 'right' }];

/** Digits of perplexities and scores: what 8 bits cost shows in the fourth. */
const DIGITS = 4;

function cell({ value, low, high }: MeasuredChange['before']): string {
  const digits = (figure: number): string => figure.toPrecision(DIGITS);
  return low === null || high === null ? digits(value) : `${digits(value)} (${digits(low)}–${digits(high)})`;
}

/** One row for each metric, with intervals of 95 %. */
export function changeRows(changes: readonly MeasuredChange[]): string[][] {
  return changes.map(({ metric, higher_is_better, before, after }) => {
    const share = after.value / before.value - 1;
    const change = `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(2)} %`;
    const name = higher_is_better ? metric : `${metric} (less is better)`;
    return [name, cell(before), cell(after), Number.isFinite(share) ? change : ''];
  });
}

/** The layers that lose most. */
export function lossRows({ layers }: QuantizeResult, most: number): string[][] {
  return layers.slice(0, most).map(({ module, error }) => [module, `${formatFigure(100 * error)} %`]);
}

/** What was made, and how much smaller it is. */
export function quantizeParagraph(result: QuantizeResult): string {
  const { to, model, output_dir, bytes_before, bytes_after, bits_per_weight, quantized_layers, method } =
    result;
  const what =
    method === null
      ? `All ${formatCount(result.parameters)} weights`
      : `${formatCount(quantized_layers)} layers (method ${method})`;
  const others = otherBlocks(result);
  const blocks = others === undefined ? '' : ` One scale for ${result.block_size} weights; ${others}.`;
  const share = `${(100 * (bytes_after / bytes_before)).toFixed(0)} %`;
  return (
    `${what} of ${model} are now ${to}: ${formatBytes(bytes_before)} before, ${formatBytes(bytes_after)} after (${share}), ` +
    `${formatFigure(bits_per_weight)} bits per weight on disk.${blocks} The model is in ${output_dir}.`
  );
}

/** Layers that stay as they are, with the reasons; `undefined` where there are none. */
export function keptParagraph({ kept_layers: kept, storage }: QuantizeResult): string | undefined {
  if (kept.length === 0) return undefined;
  const reasons = new Map<string, string[]>();
  for (const { module, reason } of kept) reasons.set(reason, [...(reasons.get(reason) ?? []), module]);
  const parts = [...reasons].map(([reason, modules]) => `${modules.join(', ')} (${reason})`);
  return `Kept in ${storage}: ${parts.join('; ')}.`;
}

/** What the errors of layers are of. */
export function lossIntroduction({ errors_of: what, to }: QuantizeResult): string {
  const rounded = to === 'int8-dynamic' ? ', activations rounded too' : '';
  return what === 'outputs'
    ? `Layers that suffer most (error of their outputs over the calibration texts, root mean square${rounded}):`
    : 'Layers that suffer most (error of their weights, root mean square; --calibrate tells that of their outputs):';
}

/** What the figures are of, where a model of integers can be computed in several ways; `undefined` where not. */
export function remark({ method, to, evaluation }: QuantizeResult): string | undefined {
  if (method === null || evaluation === null) return undefined;
  const activations = to === 'int8-dynamic' ? ', with activations rounded to 8 bits for each token' : '';
  return (
    `Measured with the numbers that the integers stand for${activations}, as transformers computes. On a processor this ` +
    'toolkit multiplies the integers themselves, with activations rounded to 8 bits in blocks: genai evaluate measures that.'
  );
}
