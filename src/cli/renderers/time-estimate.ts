import { USUAL_PUE, USUAL_PUE_SOURCE } from '../../core/compute/cost.js';
import {
  USUAL_BANDWIDTH_UTILISATION,
  USUAL_BANDWIDTH_UTILISATION_SOURCE,
  USUAL_PREFILL_UTILISATION,
  USUAL_PREFILL_UTILISATION_SOURCE,
} from '../../core/compute/serving-time.js';
import {
  USUAL_TRAINING_UTILISATION,
  USUAL_TRAINING_UTILISATION_SOURCE,
} from '../../core/compute/utilisation.js';
import type { Figure } from '../../core/estimates/figure.js';
import { barChart } from '../../core/plots/bar-chart.js';
import type { GpuTime, TimeEstimate } from '../../lifecycle/estimate/time.js';
import { bar } from '../bar.js';
import type { EstimateTable, EstimateView } from '../estimate-command.js';
import { formatCount, formatDecimal, formatDuration } from '../format.js';
import type { Column } from '../table.js';
import {
  describeComputedModel,
  formatAmount,
  formatFlops,
  formatShare,
  substitutedFormats,
} from './compute-estimate.js';
import type { ExplainedFigure } from './derivation.js';

function formatDollars(usd: number): string {
  return `$${formatDecimal(usd, usd < 100 ? 2 : 0)}`;
}

function formatEnergy(kilowattHours: number): string {
  return kilowattHours >= 10_000
    ? `${formatAmount(kilowattHours / 1000)} MWh`
    : `${formatAmount(kilowattHours)} kWh`;
}

function formatMass(kilograms: number): string {
  return kilograms >= 10_000 ? `${formatAmount(kilograms / 1000)} t` : `${formatAmount(kilograms)} kg`;
}

const isKnown = <Value>(value: Value | null): value is Value => value !== null;

const optional = (figure: Figure | null, format: (value: number) => string): string =>
  figure === null ? 'unknown' : format(figure.value);

/** One column of the table: its title, its text, and whether any row has something to say. */
interface TimeColumn extends Column {
  readonly text: (row: GpuTime) => string;
  readonly when?: (row: GpuTime) => boolean;
}

function columnsFor({ rows, gpus }: TimeEstimate): TimeColumn[] {
  const longest = Math.max(...rows.map(({ gpu_hours }) => gpu_hours.value));
  const columns: TimeColumn[] = [
    { title: 'GPU', text: ({ gpu }) => gpu?.name ?? 'not said' },
    {
      title: 'first token',
      align: 'right',
      text: ({ serving }) => (serving ? formatDuration(serving.prefill.seconds.value) : ''),
      when: ({ serving }) => serving !== null,
    },
    {
      title: 'each further',
      align: 'right',
      text: ({ serving }) => (serving ? `${formatAmount(1000 * serving.decode.seconds.value)} ms` : ''),
      when: ({ serving }) => serving !== null,
    },
    {
      title: 'tokens/s',
      align: 'right',
      text: ({ serving }) => (serving ? formatAmount(serving.output_tokens_per_second.value) : ''),
      when: ({ serving }) => serving !== null,
    },
    {
      title: gpus === null || gpus === 1 ? 'time' : `time on ${formatCount(gpus)}`,
      align: 'right',
      text: ({ seconds }) => optional(seconds, formatDuration),
      when: ({ seconds }) => seconds !== null,
    },
    { title: 'GPU-hours', align: 'right', text: ({ gpu_hours }) => formatAmount(gpu_hours.value) },
    { title: '', text: ({ gpu_hours }) => bar(gpu_hours.value / longest), when: () => rows.length > 1 },
    {
      title: 'MFU',
      align: 'right',
      text: ({ mfu }) => optional(mfu, formatShare),
      when: ({ mfu }) => mfu !== null,
    },
    { title: 'cost', align: 'right', text: ({ cost_usd }) => optional(cost_usd, formatDollars) },
    { title: 'energy', align: 'right', text: ({ energy_kwh }) => optional(energy_kwh, formatEnergy) },
    {
      title: 'CO₂',
      align: 'right',
      text: ({ carbon_kg }) => optional(carbon_kg, formatMass),
      when: ({ carbon_kg }) => carbon_kg !== null,
    },
  ];
  return columns.filter(({ when }) => when === undefined || rows.some(when));
}

function introduce({ basis, model, tokens, flops, assumptions }: TimeEstimate): string {
  const what = model === null ? '' : describeComputedModel(model);
  switch (basis) {
    case 'serving': {
      const { requests, prompt_tokens, output_tokens, batch, weights } = assumptions;
      return (
        `${what}, in ${weights ?? ''}: ${formatCount(requests ?? 0)} requests of ${formatCount(prompt_tokens ?? 0)} tokens, ` +
        `answered with ${formatCount(output_tokens ?? 0)} each, ${formatCount(batch ?? 0)} at once:`
      );
    }
    case 'operations':
      return `${what}, trained on ${formatCount(tokens ?? 0)} tokens: ${formatFlops(flops?.value ?? 0)} operations.`;
    case 'measured-speed':
      return `${what === '' ? 'Training' : `${what}, trained`} on ${formatCount(tokens ?? 0)} tokens at the speed measured:`;
    case 'gpu-hours':
      return `${what === '' ? 'Work' : `${what}, trained`} for the GPU-hours given:`;
  }
}

function table(estimate: TimeEstimate): EstimateTable {
  const columns = columnsFor(estimate);
  return {
    introduction: introduce(estimate),
    columns,
    rows: estimate.rows.map((row) => columns.map(({ text }) => text(row))),
  };
}

function utilisationRemarks({ basis, assumptions }: TimeEstimate): string[] {
  const { utilisation, bandwidth_utilisation } = assumptions;
  if (basis === 'operations' && utilisation === USUAL_TRAINING_UTILISATION) {
    return [
      `A utilisation of ${formatShare(utilisation)} is assumed: ${USUAL_TRAINING_UTILISATION_SOURCE}. Set your own with --utilisation.`,
    ];
  }
  if (basis !== 'serving') return [];
  return [
    ...(utilisation === USUAL_PREFILL_UTILISATION
      ? [`Prompts reach ${formatShare(utilisation)} of the peak: ${USUAL_PREFILL_UTILISATION_SOURCE}.`]
      : []),
    ...(bandwidth_utilisation === USUAL_BANDWIDTH_UTILISATION
      ? [
          `Answers reach ${formatShare(bandwidth_utilisation)} of the bandwidth: ${USUAL_BANDWIDTH_UTILISATION_SOURCE}.`,
        ]
      : []),
  ];
}

function servingRemarks({ rows, gpus }: TimeEstimate): string[] {
  return rows.flatMap(({ gpu, serving, cost_usd, memory_share }) => {
    if (serving === null || gpu === null) return [];
    const tokens = serving.output_tokens_per_second.value * serving.seconds.value;
    return [
      `${gpu.name}: prompts are bound by ${serving.prefill.bound_by}, answers by ${serving.decode.bound_by}` +
        (cost_usd === null
          ? ''
          : `; ${formatDollars((cost_usd.value / tokens) * 1e6)} for a million answered tokens`) +
        (memory_share !== null && memory_share > 1
          ? `. Weights and cache do not fit: they are ${formatShare(memory_share)} of the memory of ${formatCount(gpus ?? 1)} of them.`
          : '.'),
    ];
  });
}

function priceRemarks(rows: readonly GpuTime[]): string[] {
  const offers = rows.flatMap(({ gpu, price }) =>
    gpu === null || price === null || price.source === 'as given'
      ? []
      : [`${gpu.name} ${formatDollars(price.usd_per_gpu_hour)} an hour (${price.source})`],
  );
  const unknown = rows
    .filter(({ price }) => price === null)
    .map(({ gpu }) => gpu?.name ?? 'a GPU that is not said');
  return [
    ...(offers.length > 0
      ? [`Prices change; --price sets your own. Counted are: ${offers.join('; ')}.`]
      : []),
    ...(unknown.length > 0 ? [`No price is known of ${unknown.join(', ')}; give one with --price.`] : []),
  ];
}

function remarks(estimate: TimeEstimate): string[] {
  const { rows, assumptions } = estimate;
  return [
    ...servingRemarks(estimate),
    ...utilisationRemarks(estimate),
    ...priceRemarks(rows),
    ...(assumptions.pue === USUAL_PUE && rows.some(({ energy_kwh }) => energy_kwh !== null)
      ? [`Energy is that of GPUs at full power, with a ${USUAL_PUE_SOURCE}.`]
      : []),
    ...substitutedFormats(rows.map(({ gpu }) => gpu).filter(isKnown), assumptions.dtype),
  ];
}

function rowFigures(row: GpuTime): ExplainedFigure[] {
  const name = row.gpu?.name ?? 'the GPU';
  const explained = (
    what: string,
    figure: Figure | null,
    format: (value: number) => string,
  ): ExplainedFigure[] =>
    figure === null ? [] : [{ title: `${name}, ${what}: ${format(figure.value)}`, derivation: figure }];
  const passes = row.serving
    ? ([['prompt', row.serving.prefill], ['further token', row.serving.decode]] as const) // prettier-ignore
    : [];
  return [
    ...passes.flatMap(([what, pass]) => [
      ...explained(`operations of a ${what}`, pass.flops, formatFlops),
      ...explained(`bytes read for a ${what}`, pass.read_bytes, formatFlops),
      ...explained(`computing of a ${what}`, pass.compute_seconds, formatDuration),
      ...explained(`reading for a ${what}`, pass.memory_seconds, formatDuration),
      ...explained(`time of a ${what}`, pass.seconds, formatDuration),
    ]),
    ...explained('time', row.seconds, formatDuration),
    ...explained('tokens per second', row.serving?.output_tokens_per_second ?? null, formatAmount),
    ...explained('GPU-hours', row.gpu_hours, formatAmount),
    ...explained('model FLOPs utilisation', row.mfu, formatShare),
    ...explained('cost', row.cost_usd, formatDollars),
    ...explained('energy', row.energy_kwh, formatEnergy),
    ...explained('CO₂', row.carbon_kg, formatMass),
  ];
}

/** The estimate in every form. */
export function viewTime(estimate: TimeEstimate): EstimateView {
  const { model, tokens, rows, gpus, basis, flops } = estimate;
  const total: ExplainedFigure[] =
    flops === null ? [] : [{ title: `operations: ${formatFlops(flops.value)}`, derivation: flops }];
  return {
    tables: [table(estimate)],
    remarks: remarks(estimate),
    figures: [...total, ...rows.flatMap(rowFigures)],
    records: rows.map((row) => ({
      basis,
      model: model?.name ?? null,
      tokens,
      gpu: row.gpu?.id ?? null,
      gpus,
      seconds: row.seconds?.value ?? null,
      gpu_hours: row.gpu_hours.value,
      usd_per_gpu_hour: row.price?.usd_per_gpu_hour ?? null,
      cost_usd: row.cost_usd?.value ?? null,
      energy_kwh: row.energy_kwh?.value ?? null,
      carbon_kg: row.carbon_kg?.value ?? null,
      model_flops_utilisation: row.mfu?.value ?? null,
      prefill_seconds: row.serving?.prefill.seconds.value ?? null,
      decode_seconds: row.serving?.decode.seconds.value ?? null,
      output_tokens_per_second: row.serving?.output_tokens_per_second.value ?? null,
    })),
    chart: () =>
      barChart(
        rows.map(({ gpu, gpu_hours }) => ({ label: gpu?.name ?? 'GPU', value: gpu_hours.value })),
        { title: model?.name ?? 'GPU-hours', x: 'GPU-hours', formatValue: formatAmount },
      ),
  };
}
