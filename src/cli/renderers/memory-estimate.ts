import type { Machine } from '../../core/accelerators/machine.js';
import type { MemoryPart } from '../../core/estimates/figure.js';
import {
  RULE_BYTES_PER_PARAMETER as RULE,
  RULE_TRAINING_BYTES_PER_PARAMETER,
} from '../../core/memory/rule-of-thumb.js';
import { barChart, type Bar } from '../../core/plots/bar-chart.js';
import type { Fit } from '../../lifecycle/estimate/fit.js';
import type { MemoryEstimate } from '../../lifecycle/estimate/memory.js';
import { bar } from '../bar.js';
import type { CsvRecord } from '../csv.js';
import type { EstimateTable, EstimateView } from '../estimate-command.js';
import { formatBinaryBytes, formatBytes, formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';
import type { ExplainedFigure } from './derivation.js';

const COLUMNS: readonly Column[] = [
  { title: 'Memory' },
  { title: 'decimal', align: 'right' },
  { title: 'binary', align: 'right' },
  { title: '' },
];

interface Amount {
  readonly parts: readonly MemoryPart[];
  readonly total_bytes: number;
}

/** The parts of an amount with bars for their shares, and the total. */
function table(introduction: string, { parts, total_bytes }: Amount, total: string): EstimateTable {
  const row = (title: string, bytes: number): string[] => [
    title,
    formatBytes(bytes),
    formatBinaryBytes(bytes),
    bar(bytes / total_bytes),
  ];
  return {
    introduction,
    columns: COLUMNS,
    rows: [
      ...parts.map(({ part, bytes }) => row(part, bytes)),
      [total, formatBytes(total_bytes), formatBinaryBytes(total_bytes), ''],
    ],
  };
}

/** What the model is. */
function describeModel({ model }: MemoryEstimate): string {
  const { parameters, active_parameters, layers, hidden, heads, kv_heads } = model;
  const attention = heads === kv_heads ? `${heads} heads` : `${heads} heads and ${kv_heads} key/value heads`;
  const shape = `${formatCount(layers)} layers of width ${formatCount(hidden)}, ${attention}`;
  const active =
    active_parameters === parameters ? '' : `, ${formatParameters(active_parameters)} of them for each token`;
  const size = `${formatCount(parameters)} parameters (${formatParameters(parameters)}${active})`;
  return model.source === 'count'
    ? `${size}. A count has no shape; that of a typical LLaMA is assumed: ${shape}.`
    : `${model.name}: ${size}, ${shape}.`;
}

function describeRun({ assumptions }: MemoryEstimate): string {
  const { dtype, batch, context, gpus } = assumptions;
  const each = gpus > 1 ? `, on each of ${formatCount(gpus)} devices` : '';
  return `To run it in ${dtype}, ${formatCount(batch)} × ${formatCount(context)} tokens${each}:`;
}

function describeTraining({ assumptions }: MemoryEstimate): string {
  const { method, rank, training_dtype, precision, optimizer, batch, sequence_length, gpus } = assumptions;
  const what =
    method === 'full'
      ? 'every weight'
      : `${method === 'lora' ? 'LoRA' : 'QLoRA'} adapters of rank ${rank ?? 0}`;
  const recompute = { none: '', selective: ', attention recomputed', full: ', every block recomputed' }[
    assumptions.recompute
  ];
  const stage = assumptions.stage === 'sft' ? '' : ` by ${assumptions.stage.toUpperCase()}`;
  const each = gpus > 1 ? `, on each of ${formatCount(gpus)} GPUs (${assumptions.strategy})` : '';
  const format = precision === 'pure' ? training_dtype : `${training_dtype}, ${precision} precision`;
  return (
    `To train ${what}${stage} in ${format}, ${optimizer}, ` +
    `${formatCount(batch)} × ${formatCount(sequence_length)} tokens${recompute ?? ''}${each}:`
  );
}

function ruleTable({ rule, model }: MemoryEstimate): EstimateTable {
  const row = (title: string, bytes: number, counted: string): string[] => [
    title,
    formatBytes(bytes),
    formatBinaryBytes(bytes),
    counted,
  ];
  const { parameters } = model;
  return {
    introduction: 'The rule of thumb of the course notes, bytes for each parameter:',
    columns: [...COLUMNS.slice(0, 3), { title: 'bytes per parameter' }],
    rows: [
      row('run in FP32', rule.inference_bytes, `${RULE.weights}`),
      row('run in FP16 or BF16', 2 * parameters, '2: half of it'),
      row('run in INT8', parameters, '1: a quarter'),
      row(
        'train in FP32',
        rule.training_bytes,
        `${RULE_TRAINING_BYTES_PER_PARAMETER} = ${RULE.weights} weights + ${RULE.adamStates} Adam + ${RULE.gradients} gradients + ` +
          `${RULE.activationsAndTemporaries} activations`,
      ),
    ],
  };
}

/** Why the rule and the detail differ. */
function explainDifference({ training, model, assumptions }: MemoryEstimate): string {
  const { training_dtype, method } = assumptions;
  const activations = training.parts
    .filter(({ part }) => part.startsWith('activations'))
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const perParameter = Number((activations / model.parameters).toPrecision(2));
  const reasons = [
    `counts ${RULE.activationsAndTemporaries} bytes of activations per parameter whatever the batch (${perParameter} here)`,
    ...(training_dtype === 'fp32' ? [] : [`holds everything in 32 bits (${training_dtype} here)`]),
    ...(method === 'full' ? [] : ['trains every parameter (only adapters here)']),
  ];
  return (
    `Rule and detail differ because the rule ${reasons.join(', and ')}; ` +
    `to run, it counts the weights alone, though cache and activations grow with batch × tokens.`
  );
}

function deviceName({ name, found, memory_bytes }: Machine, gpus: number): string {
  const memory = formatBytes(memory_bytes);
  if (found === 'processor') return `the ${memory} of memory of this machine`;
  const one = found === 'named' ? `${name} (${memory})` : `this machine’s ${name} (${memory})`;
  return gpus > 1 ? `each of ${formatCount(gpus)} × ${one}` : one;
}

const percent = (share: number): string =>
  `${share < 0.1 ? (100 * share).toFixed(1) : formatCount(100 * share)} %`;

/** Whether it fits, and what would make it fit. */
function describeFit(what: string, fit: Fit, device: Machine, gpus: number): (string | EstimateTable)[] {
  const on = deviceName(device, gpus);
  const amount = `${formatBytes(fit.needed_bytes)}, ${percent(fit.share)}`;
  if (fit.fits) return [`${what}: fits in ${on} (${amount}).`];
  const missing = [`${what}: does not fit in ${on} (${amount}).`];
  if (device.found !== 'processor') {
    missing.push(
      fit.devices_needed === null
        ? 'Dividing it between more devices is not enough.'
        : `As it is, divided between them, it needs ${formatCount(fit.devices_needed)}.`,
    );
  }
  if (fit.changes.length === 0) return [missing.join(' ')];
  missing.push(
    fit.fits_after_changes
      ? 'The cheapest changes that make it fit, one after the other:'
      : 'These changes help, but are not enough:',
  );
  return [
    {
      introduction: missing.join(' '),
      columns: [
        { title: 'Change' },
        { title: 'saves', align: 'right' },
        { title: 'leaves', align: 'right' },
        { title: 'at the price of' },
      ],
      rows: fit.changes.map(({ description, price, saved_bytes, total_bytes }) => [
        description,
        formatBytes(saved_bytes),
        formatBytes(total_bytes),
        price,
      ]),
    },
  ];
}

function explained(heading: string, parts: readonly MemoryPart[]): ExplainedFigure[] {
  return parts.map(({ part, bytes, derivation }) => ({
    title: `${heading}, ${part}: ${formatBytes(bytes)}`,
    derivation,
  }));
}

function records(purpose: string, parts: readonly MemoryPart[]): CsvRecord[] {
  return parts.map(({ part, bytes }) => ({ purpose, part, bytes }));
}

/** The estimate in every form. */
export function viewMemory(estimate: MemoryEstimate, show: { readonly rule: boolean }): EstimateView {
  const { inference, training, device, fit, assumptions, model } = estimate;
  const { host, communication } = training;
  const { gpus } = assumptions;
  const runTable = table('', inference, 'total');
  return {
    tables: [
      ...(show.rule ? [ruleTable(estimate)] : []),
      { ...runTable, introduction: [describeModel(estimate), describeRun(estimate)] },
      table(describeTraining(estimate), training, 'total'),
      ...(host.parts.length > 0 ? [table('In the host’s memory, for each GPU:', host, 'total')] : []),
      ...(communication.length > 0
        ? [
            {
              introduction: 'Sent by each GPU in one step:',
              columns: COLUMNS.slice(0, 3),
              rows: communication.map((volume) => [
                volume.communication,
                formatBytes(volume.bytes),
                formatBinaryBytes(volume.bytes),
              ]),
            },
          ]
        : []),
    ],
    remarks: [
      ...describeFit('To run', fit.inference, device, gpus),
      ...describeFit('To train', fit.training, device, gpus),
      ...(show.rule ? [explainDifference(estimate)] : []),
    ],
    figures: [
      ...explained('run', inference.parts),
      ...explained('train', training.parts),
      ...explained('host', host.parts),
      ...communication.map((volume) => ({
        title: `sent, ${volume.communication}: ${formatBytes(volume.bytes)}`,
        derivation: volume.derivation,
      })),
    ],
    records: [
      ...records('inference', inference.parts),
      ...records('training', training.parts),
      ...records('training, host', host.parts),
      ...communication.map(({ communication: part, bytes }) => ({ purpose: 'communication', part, bytes })),
    ],
    chart: () =>
      barChart([chartBar('run', inference), chartBar('train', training)], {
        title: `Memory of ${model.name}`,
        x: 'memory',
        formatValue: formatBytes,
      }),
  };
}

/** What a chart shows as one: it has no more colours than a person tells apart. */
function chartGroup(part: string): string {
  if (part.startsWith('activations')) return 'activations';
  if (part.startsWith('adapter')) return 'adapters';
  if (/^(?:reference|reward|value) model/.test(part)) return 'other models';
  return ['runtime', 'allocator', 'collectives', 'gathered layer', 'dequantized layer'].includes(part)
    ? 'overhead'
    : part;
}

function chartBar(label: string, { parts, total_bytes }: Amount): Bar {
  const groups = new Map<string, number>();
  for (const { part, bytes } of parts) {
    groups.set(chartGroup(part), (groups.get(chartGroup(part)) ?? 0) + bytes);
  }
  return { label, value: total_bytes, parts: [...groups].map(([name, value]) => ({ name, value })) };
}
