import type { FormatEstimate, QuantizationEstimate } from '../../lifecycle/estimate/quantize.js';
import { barChart } from '../../core/plots/bar-chart.js';
import { bar } from '../bar.js';
import type { EstimateView } from '../estimate-command.js';
import { formatBytes, formatCount, formatFigure } from '../format.js';

/** Three significant digits, with a power of ten where the number is far from one. */
function scientific(value: number): string {
  const magnitude = Math.abs(value);
  return magnitude >= 1e6 || magnitude < 1e-3 ? value.toExponential(2) : formatFigure(value);
}

function layout({ sign_bits, exponent_bits, mantissa_bits, bits }: FormatEstimate): string {
  return exponent_bits === null || mantissa_bits === null
    ? `${bits}`
    : `${bits} = ${sign_bits} + ${exponent_bits} + ${mantissa_bits}`;
}

function rangeRow(format: FormatEstimate): string[] {
  const unit = format.relative_to_scale ? ' · range' : '';
  return [
    format.name,
    layout(format),
    format.relative_to_scale ? 'range' : scientific(format.largest),
    scientific(format.smallest) + unit,
    scientific(format.spacing) + unit,
  ];
}

function lossRow(format: FormatEstimate, largest: number): string[] {
  const { rounded, relative_error } = format;
  return [
    format.name,
    formatBytes(format.weights_bytes),
    `${(100 * format.saved_share).toFixed(0)} %`,
    bar(format.weights_bytes / largest),
    rounded === null ? 'infinite' : String(Number(rounded.toPrecision(7))),
    relative_error === null ? '' : `${Number((100 * relative_error).toPrecision(2))} %`,
  ];
}

/** The estimate in every form. */
export function viewQuantization(estimate: QuantizationEstimate): EstimateView {
  const { model, formats, value, range } = estimate;
  const largest = Math.max(...formats.map(({ weights_bytes }) => weights_bytes));
  return {
    tables: [
      {
        introduction: 'Range and precision: bits are sign + exponent + mantissa.',
        columns: [
          { title: 'Format' },
          { title: 'bits', align: 'right' },
          { title: 'largest', align: 'right' },
          { title: 'smallest', align: 'right' },
          { title: 'step at 1', align: 'right' },
        ],
        rows: formats.map(rangeRow),
      },
      {
        introduction: `The weights of ${model.name} (${formatCount(model.parameters)} parameters), and what becomes of ${value}:`,
        columns: [
          { title: 'Format' },
          { title: 'weights', align: 'right' },
          { title: 'saved', align: 'right' },
          { title: '' },
          { title: 'rounded to', align: 'right' },
          { title: 'error', align: 'right' },
        ],
        rows: formats.map((format) => lossRow(format, largest)),
      },
    ],
    remarks: [
      `INT8, INT4 and NF4 hold multiples of a scale; the range, here ±${range}, is the largest magnitude that shares it. ` +
        'BF16 has the range of FP32 with 7 bits of mantissa, FP16 more precision but nothing above 65,504: training in it ' +
        'needs loss scaling.',
    ],
    figures: formats.map(({ name, weights_bytes, derivation }) => ({
      title: `weights in ${name}: ${formatBytes(weights_bytes)}`,
      derivation,
    })),
    records: formats.map(({ derivation: _, ...record }) => ({
      ...record,
      relative_to_scale: record.relative_to_scale ? 'yes' : 'no',
    })),
    chart: () =>
      barChart(
        formats.map(({ name, weights_bytes }) => ({ label: name, value: weights_bytes })),
        { title: `Weights of ${model.name}`, x: 'memory', formatValue: formatBytes },
      ),
  };
}
