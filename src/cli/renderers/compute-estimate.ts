import { petaflopDays } from '../../core/compute/petaflop-days.js';
import {
  USUAL_TRAINING_UTILISATION,
  USUAL_TRAINING_UTILISATION_SOURCE,
} from '../../core/compute/utilisation.js';
import { barChart } from '../../core/plots/bar-chart.js';
import type { ComputedModel, ComputeEstimate, GpuCompute } from '../../lifecycle/estimate/compute.js';
import { bar } from '../bar.js';
import type { EstimateTable, EstimateView } from '../estimate-command.js';
import { formatCount, formatFigure, formatParameters } from '../format.js';
import type { ExplainedFigure } from './derivation.js';

/** `3.15e+23` → `3.15e23`. */
export function formatFlops(flops: number): string {
  return flops.toExponential(2).replace('e+', 'e');
}

/** A number of days, GPUs or hours at three significant digits. */
export function formatAmount(amount: number): string {
  return amount >= 1000 ? formatCount(amount) : String(Number(amount.toPrecision(3)));
}

/** `0.4` → `40 %`. */
export function formatShare(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** A model with its size, as a sentence begins with it. */
export function describeComputedModel({
  name,
  source,
  kind,
  parameters,
  active_parameters,
}: ComputedModel): string {
  const size = source === 'count' ? '' : ` has ${formatCount(parameters)} parameters`;
  const active =
    active_parameters === parameters
      ? ''
      : `, of which a token passes ${formatParameters(active_parameters)}`;
  const what = source === 'count' ? ` parameters (${kind})` : size;
  return `${name}${what}${active}`;
}

/** What is said where an accelerator computes in another format than was asked for. */
export function substitutedFormats(
  gpus: readonly { readonly name: string; readonly dtype: string }[],
  wanted: string,
): string[] {
  const others = gpus.filter(({ dtype }) => dtype !== wanted);
  return others.map(({ name, dtype }) => `${name} has no ${wanted}: it is counted in ${dtype}.`);
}

function partsTable({ training, model, tokens, rule, assumptions }: ComputeEstimate): EstimateTable {
  const largest = Math.max(...training.parts.map(({ flops }) => flops));
  const row = (title: string, flops: number, isPart: boolean): string[] => [
    title,
    formatFlops(flops / tokens),
    formatFlops(flops),
    formatAmount(petaflopDays(flops).value),
    isPart ? bar(flops / largest) : '',
  ];
  return {
    introduction: `${describeComputedModel(model)}, trained on ${formatCount(tokens)} tokens in sequences of ${formatCount(assumptions.sequence_length)}:`,
    columns: [
      { title: 'Operations' },
      { title: 'per token', align: 'right' },
      { title: 'in all', align: 'right' },
      { title: 'PF/s-days', align: 'right' },
      { title: '' },
    ],
    rows: [
      row('rule of thumb', rule.flops.value, false),
      ...training.parts.map(({ part, flops }) => row(part, flops, true)),
      row('total', training.hardware_flops.value, false),
    ],
  };
}

function gpuTable({ gpus, assumptions: { utilisation } }: ComputeEstimate): EstimateTable {
  const longest = Math.max(...gpus.map(({ gpu_days }) => gpu_days.value));
  const at = formatShare(utilisation);
  return {
    introduction: 'In days of one GPU, and how many GPUs do a petaflop/s-day (8.64e19 operations) in a day:',
    columns: [
      { title: 'GPU' },
      { title: 'dense peak', align: 'right' },
      { title: 'days at peak', align: 'right' },
      { title: `days at ${at}`, align: 'right' },
      { title: '' },
      { title: '1 PF/s-day at peak', align: 'right' },
      { title: `at ${at}`, align: 'right' },
    ],
    rows: gpus.map((gpu) => [
      gpu.name,
      `${formatFigure(gpu.peak_tflops)} TFLOPS (${gpu.dtype})`,
      formatAmount(gpu.full_peak_gpu_days.value),
      formatAmount(gpu.gpu_days.value),
      bar(gpu.gpu_days.value / longest),
      formatAmount(gpu.full_peak_gpus_for_a_petaflop.value),
      formatAmount(gpu.gpus_for_a_petaflop.value),
    ]),
  };
}

function remarks({ assumptions, gpus, training, model, inference, rule }: ComputeEstimate): string[] {
  const { causal, dtype, utilisation, sequence_length } = assumptions;
  const difference = training.hardware_flops.value / rule.flops.value - 1;
  return [
    `The rule counts ${model.kind === 'encoder-decoder' ? '3 (each token meets half of the weights)' : '6'} operations for each parameter and token; the count part by part is ` +
      `${formatShare(Math.abs(difference))} ${difference < 0 ? 'below' : 'above'} it. Attention is counted ` +
      (causal
        ? 'for the pairs that the causal mask leaves, half of all (--causal).'
        : 'for all pairs of tokens, as published figures do; --causal counts the half that the mask leaves.'),
    `To run it takes ${formatFlops(inference.flops_per_token.value)} operations for a token after ${formatCount(sequence_length)} others.`,
    'A petaflop/s-day is the work of 8 V100 for a day at full peak (8 × 125 TFLOPS). That 2 A100 do as much holds only ' +
      'with 2:4 sparsity (2 × 624 TFLOPS = 1.248); dense they do 0.624, and 3.2 are needed. At 40 % utilisation it ' +
      'takes 20 V100 or 8 A100.',
    ...(utilisation === USUAL_TRAINING_UTILISATION
      ? [`A utilisation of ${formatShare(utilisation)} is assumed: ${USUAL_TRAINING_UTILISATION_SOURCE}.`]
      : []),
    ...substitutedFormats(gpus, dtype),
  ];
}

function gpuFigures(gpu: GpuCompute, utilisation: number): ExplainedFigure[] {
  const at = formatShare(utilisation);
  return [
    {
      title: `${gpu.name}, days at full peak: ${formatAmount(gpu.full_peak_gpu_days.value)}`,
      derivation: gpu.full_peak_gpu_days,
    },
    { title: `${gpu.name}, days at ${at}: ${formatAmount(gpu.gpu_days.value)}`, derivation: gpu.gpu_days },
    {
      title: `${gpu.name}, for a petaflop/s-day in a day at full peak: ${formatAmount(gpu.full_peak_gpus_for_a_petaflop.value)}`,
      derivation: gpu.full_peak_gpus_for_a_petaflop,
    },
    {
      title: `${gpu.name}, for a petaflop/s-day in a day at ${at}: ${formatAmount(gpu.gpus_for_a_petaflop.value)}`,
      derivation: gpu.gpus_for_a_petaflop,
    },
  ];
}

function figures({ rule, training, inference, gpus, assumptions }: ComputeEstimate): ExplainedFigure[] {
  return [
    { title: `rule of thumb: ${formatFlops(rule.flops.value)}`, derivation: rule.flops },
    ...training.parts.map(({ part, flops_per_token }) => ({
      title: `${part}, per token: ${formatFlops(flops_per_token.value)}`,
      derivation: flops_per_token,
    })),
    {
      title: `all, per token: ${formatFlops(training.hardware_flops_per_token.value)}`,
      derivation: training.hardware_flops_per_token,
    },
    { title: `total: ${formatFlops(training.hardware_flops.value)}`, derivation: training.hardware_flops },
    {
      title: `petaflop/s-days: ${formatAmount(training.petaflop_days.value)}`,
      derivation: training.petaflop_days,
    },
    {
      title: `one token when run: ${formatFlops(inference.flops_per_token.value)}`,
      derivation: inference.flops_per_token,
    },
    ...gpus.flatMap((gpu) => gpuFigures(gpu, assumptions.utilisation)),
  ];
}

/** The estimate in every form. */
export function viewCompute(estimate: ComputeEstimate): EstimateView {
  const { model, tokens, rule, training, gpus, assumptions } = estimate;
  return {
    tables: [partsTable(estimate), gpuTable(estimate)],
    remarks: remarks(estimate),
    figures: figures(estimate),
    records: gpus.map((gpu) => ({
      model: model.name,
      parameters: model.parameters,
      active_parameters: model.active_parameters,
      tokens,
      rule_flops: rule.flops.value,
      model_flops: training.model_flops.value,
      hardware_flops: training.hardware_flops.value,
      petaflop_days: training.petaflop_days.value,
      gpu: gpu.id,
      dtype: gpu.dtype,
      peak_tflops: gpu.peak_tflops,
      utilisation: assumptions.utilisation,
      gpu_days: gpu.gpu_days.value,
      full_peak_gpu_days: gpu.full_peak_gpu_days.value,
    })),
    chart: () =>
      barChart(
        gpus.map(({ name, gpu_days }) => ({ label: name, value: gpu_days.value })),
        {
          title: `${model.name} on ${formatCount(tokens)} tokens`,
          x: `GPU-days at ${formatShare(assumptions.utilisation)} of the dense peak`,
          formatValue: formatAmount,
        },
      ),
  };
}
