import { chartColumn } from '../../core/plots/chart-column.js';
import { lineChart } from '../../core/plots/line-chart.js';
import { findLaw } from '../../core/scaling-laws/laws.js';
import { budgetFrontier, isoFlopCurves } from '../../core/scaling-laws/scaling-curves.js';
import type { Allocation, ScalingEstimate } from '../../lifecycle/estimate/scaling.js';
import type { EstimateTable, EstimateView } from '../estimate-command.js';
import { formatDecimal, formatFigure } from '../format.js';
import { renderTerminalChart } from '../terminal-chart.js';
import { formatAmount, formatFlops, formatShare } from './compute-estimate.js';
import type { ExplainedFigure } from './derivation.js';

const nats = (loss: { readonly value: number } | null): string =>
  loss === null ? '–' : formatDecimal(loss.value, 3);

/** Parameters or tokens at three significant digits: `1328743585388` → `1.33T`, `7e9` → `7B`. */
export function formatMagnitude(amount: number): string {
  const scales: readonly (readonly [number, string])[] = [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
    [1, ''],
  ];
  const rounded = Number(amount.toPrecision(3));
  const [scale, suffix] = scales.find(([least]) => rounded >= least) ?? [1, ''];
  return `${formatFigure(Number((rounded / scale).toPrecision(3)))}${suffix}`;
}

/** `1e+21` → `1e21`, for ticks. */
const tickFlops = (flops: number): string => flops.toExponential().replace('e+', 'e');

const ALLOCATION_COLUMNS = [
  { title: 'parameters', align: 'right' },
  { title: 'tokens', align: 'right' },
  { title: 'tokens per parameter', align: 'right' },
  { title: 'loss (nats/token)', align: 'right' },
] as const;

function allocationCells({ parameters, tokens, tokens_per_parameter, loss }: Allocation): string[] {
  return [
    formatMagnitude(parameters.value),
    formatMagnitude(tokens.value),
    formatFigure(tokens_per_parameter.value),
    nats(loss),
  ];
}

function introduction({ question, budget, petaflop_days, allocation, law, model }: ScalingEstimate): string {
  const compute = `${formatFlops(budget.flops.value)} FLOP (${formatAmount(petaflop_days.value)} petaFLOP/s-days)`;
  const spent =
    budget.gpu_hours === null
      ? ''
      : `, which is ${formatAmount(budget.gpu_hours.value)} hours of ${budget.gpu}`;
  const size = formatMagnitude(allocation.parameters.value);
  const tokens = formatMagnitude(allocation.tokens.value);
  switch (question) {
    case 'budget':
      return `${compute}${spent}. Best spent on ${size} parameters and ${tokens} tokens (${law.title}):`;
    case 'model':
      return `${model?.name ?? size} is compute-optimal with ${tokens} tokens, which takes ${compute} (${law.title}):`;
    case 'tokens':
      return `${tokens} tokens are best spent on ${size} parameters, which takes ${compute} (${law.title}):`;
    case 'loss':
      return `The least compute for this loss is ${compute}: ${size} parameters on ${tokens} tokens (${law.title}):`;
    case 'training':
      return `${model?.name ?? `A model of ${size} parameters`} on ${tokens} tokens takes ${compute}${spent} (${law.title}):`;
  }
}

function answerTable(estimate: ScalingEstimate): EstimateTable {
  const { assessment, allocation } = estimate;
  const rows = [[assessment === null ? 'optimum' : 'this run', ...allocationCells(allocation)]];
  if (assessment !== null) {
    const { optimal_tokens, same_compute } = assessment;
    const ownLaw = estimate.comparison.find(({ law }) => law === estimate.law.id);
    const perParameter = formatFigure(optimal_tokens.value / allocation.parameters.value);
    rows.push(
      [
        'best for its size',
        formatMagnitude(allocation.parameters.value),
        formatMagnitude(optimal_tokens.value),
        perParameter,
        nats(ownLaw?.loss ?? null),
      ],
      ['best for its compute', ...allocationCells({ loss: null, ...same_compute })],
    );
  }
  return { introduction: introduction(estimate), columns: [{ title: '' }, ...ALLOCATION_COLUMNS], rows };
}

function equalLossTable({ equal_loss, allocation }: ScalingEstimate): EstimateTable[] {
  if (equal_loss.length === 0) return [];
  return [
    {
      introduction: `Models of other sizes with the same loss, ${nats(allocation.loss)}:`,
      columns: [
        { title: 'parameters', align: 'right' },
        { title: 'tokens', align: 'right' },
        { title: 'tokens per parameter', align: 'right' },
        { title: 'FLOP to train', align: 'right' },
        { title: 'compute', align: 'right' },
      ],
      rows: equal_loss.map(({ parameters, tokens, tokens_per_parameter, flops, compute_ratio }) => [
        formatMagnitude(parameters.value),
        tokens === null ? 'never' : formatMagnitude(tokens.value),
        tokens_per_parameter === null ? '–' : formatFigure(tokens_per_parameter.value),
        flops === null ? '–' : formatFlops(flops.value),
        compute_ratio === null ? '–' : `${formatDecimal(compute_ratio.value, 2)} ×`,
      ]),
    },
  ];
}

function comparisonTable({ comparison, question }: ScalingEstimate): EstimateTable {
  return {
    introduction:
      question === 'training' ? 'Tokens that each law gives this size:' : 'What the other laws answer:',
    columns: [{ title: 'law' }, ...ALLOCATION_COLUMNS],
    rows: comparison.map((answer) => [`${answer.title} (${answer.law})`, ...allocationCells(answer)]),
  };
}

function verdict({ assessment }: ScalingEstimate): string[] {
  if (assessment === null) return [];
  const { token_ratio, loss_penalty, excess_compute, same_compute } = assessment;
  const ratio = `${formatFigure(token_ratio.value)} times the optimal tokens of its size`;
  const penalty =
    loss_penalty === null
      ? ''
      : ` The same compute on ${formatMagnitude(same_compute.parameters.value)} parameters would reach a loss lower by ${formatDecimal(loss_penalty.value, 3)} nats`;
  const excess =
    excess_compute === null
      ? '.'
      : `; the same loss could be had for ${formatShare(excess_compute.value)} less compute.`;
  const sentence = `It is ${assessment.verdict}: it sees ${ratio}.${penalty}${penalty === '' ? '' : excess}`;
  return assessment.verdict === 'over-trained'
    ? [
        `${sentence} That is usual where a model will be run much: a smaller one is cheaper for ever after. LLaMA 3 8B saw 15T tokens, about 1,900 per parameter.`,
      ]
    : [sentence];
}

function remarks(estimate: ScalingEstimate): string[] {
  const { law, within_fit, model, comparison } = estimate;
  return [
    ...verdict(estimate),
    `The law was fitted on ${law.fitted_on}${within_fit ? '.' : '; this lies outside, so it is extrapolated.'} A loss holds for that text and its tokenizer: do not compare it with the loss of other data or another tokenizer.`,
    ...(law.id === 'hoffmann'
      ? [
          'The constants as printed are rounded, and their optimum is not the paper’s own: 5.76e23 FLOP give 32B parameters on 3.0T tokens, not 70B on 1.4T. --law epoch is the fit that agrees with it.',
        ]
      : []),
    ...(law.id === 'chinchilla-3'
      ? [
          'The paper’s Table A3 prints 1.26e24 FLOP for 175B parameters by this approach, a misprint for 1.26e25: 6 · 175B · 12.0T.',
        ]
      : []),
    ...(comparison.some(({ law: id }) => id === 'kaplan')
      ? ['Kaplan’s parameters leave out embeddings.']
      : []),
    ...(model === null || model.active_parameters === model.parameters
      ? []
      : [
          'Of a mixture of experts the parameters that a token passes are counted; the laws were fitted on dense models.',
        ]),
  ];
}

function figures({
  budget,
  petaflop_days,
  allocation,
  assessment,
  equal_loss,
}: ScalingEstimate): ExplainedFigure[] {
  const of = (
    prefix: string,
    { parameters, tokens, tokens_per_parameter, loss }: Partial<Allocation>,
  ): ExplainedFigure[] => [
    ...(parameters === undefined
      ? []
      : [{ title: `${prefix}parameters: ${formatMagnitude(parameters.value)}`, derivation: parameters }]),
    ...(tokens === undefined
      ? []
      : [{ title: `${prefix}tokens: ${formatMagnitude(tokens.value)}`, derivation: tokens }]),
    ...(tokens_per_parameter === undefined
      ? []
      : [
          {
            title: `${prefix}tokens per parameter: ${formatFigure(tokens_per_parameter.value)}`,
            derivation: tokens_per_parameter,
          },
        ]),
    ...(loss ? [{ title: `${prefix}loss: ${nats(loss)} nats per token`, derivation: loss }] : []),
  ];
  const assessed: ExplainedFigure[] = [];
  if (assessment !== null) {
    const { optimal_tokens, token_ratio, same_compute, loss_penalty, same_loss_flops, excess_compute } =
      assessment;
    assessed.push(
      { title: `optimal tokens: ${formatMagnitude(optimal_tokens.value)}`, derivation: optimal_tokens },
      { title: `tokens over optimal tokens: ${formatFigure(token_ratio.value)}`, derivation: token_ratio },
      ...of('for the same compute, ', { loss: null, ...same_compute }),
    );
    if (loss_penalty !== null)
      assessed.push({
        title: `loss penalty: ${nats(loss_penalty)} nats per token`,
        derivation: loss_penalty,
      });
    if (same_loss_flops !== null)
      assessed.push({
        title: `least compute for this loss: ${formatFlops(same_loss_flops.value)} FLOP`,
        derivation: same_loss_flops,
      });
    if (excess_compute !== null)
      assessed.push({
        title: `compute to be saved: ${formatShare(excess_compute.value)}`,
        derivation: excess_compute,
      });
  }
  return [
    ...(budget.gpu_hours === null
      ? []
      : [{ title: `GPU-hours: ${formatAmount(budget.gpu_hours.value)}`, derivation: budget.gpu_hours }]),
    { title: `compute: ${formatFlops(budget.flops.value)} FLOP`, derivation: budget.flops },
    { title: `petaFLOP/s-days: ${formatAmount(petaflop_days.value)}`, derivation: petaflop_days },
    ...of('', allocation),
    ...assessed,
    ...equal_loss.flatMap(({ parameters, tokens, flops, compute_ratio }) => [
      ...of('with the same loss, ', { parameters, ...(tokens === null ? {} : { tokens }) }),
      ...(flops === null
        ? []
        : [{ title: `with the same loss, compute: ${formatFlops(flops.value)} FLOP`, derivation: flops }]),
      ...(compute_ratio === null
        ? []
        : [
            {
              title: `with the same loss, compute over the least: ${formatFigure(compute_ratio.value)}`,
              derivation: compute_ratio,
            },
          ]),
    ]),
  ];
}

/** A scaling estimate in every form. */
export function viewScaling(estimate: ScalingEstimate): EstimateView {
  return {
    tables: [answerTable(estimate), ...equalLossTable(estimate), comparisonTable(estimate)],
    remarks: remarks(estimate),
    figures: figures(estimate),
    records: estimate.comparison.map(({ law, parameters, tokens, tokens_per_parameter, loss }) => ({
      law,
      parameters: parameters.value,
      tokens: tokens.value,
      tokens_per_parameter: tokens_per_parameter.value,
      loss_nats_per_token: loss?.value ?? null,
    })),
    chart: () => drawCurves(estimate),
  };
}

const LOGARITHMIC = { scale: 'logarithmic' } as const;
const SIZES = { ...LOGARITHMIC, format: formatMagnitude };
const BUDGETS = { ...LOGARITHMIC, format: tickFlops };
const ISOFLOP_LABELS = {
  title: 'Models of equal compute: the lowest point of each curve is its optimum',
  x: 'parameters',
  y: 'loss, nats per token',
};
const FRONTIER_LABELS = {
  title: 'Optimal size and data of a budget',
  x: 'training compute, FLOP',
  y: 'parameters; tokens',
};

function curvesOf({ law, budget }: ScalingEstimate) {
  const found = findLaw(law.id)!;
  const flops = budget.flops.value;
  return { isoFlops: isoFlopCurves(found, flops), frontier: budgetFrontier(found, flops) };
}

/** Both charts of a law around a budget, as one SVG document; for a law without a loss, the frontier alone. */
function drawCurves(estimate: ScalingEstimate): string {
  const { isoFlops, frontier } = curvesOf(estimate);
  const optima = { name: 'optimum', points: isoFlops.map(({ optimum }) => optimum), marks: true };
  const series = isoFlops.map(({ flops, points }) => ({ name: `${formatFlops(flops)} FLOP`, points }));
  const lines = [
    { name: 'parameters', points: frontier.parameters, marks: true },
    { name: 'tokens', points: frontier.tokens, marks: true },
  ];
  return chartColumn([
    ...(isoFlops.length === 0 ? [] : [lineChart([...series, optima], ISOFLOP_LABELS, { x: SIZES })]),
    lineChart(lines, FRONTIER_LABELS, { x: BUDGETS, y: SIZES }),
  ]);
}

/** The same charts for a terminal. */
export function plotScaling(estimate: ScalingEstimate, columns: number): string {
  const { isoFlops, frontier } = curvesOf(estimate);
  const letter = (index: number): string => String.fromCodePoint(0x41 + index);
  const isoFlopChart = renderTerminalChart(
    {
      title: ISOFLOP_LABELS.title,
      x: { label: ISOFLOP_LABELS.x, ...SIZES },
      y: { label: ISOFLOP_LABELS.y },
      lines: isoFlops,
      marks: isoFlops.map(({ flops, optimum }, index) => ({
        character: letter(index),
        point: optimum,
        meaning: `${formatFlops(flops)} FLOP: ${formatMagnitude(optimum[0])} parameters, loss ${formatDecimal(optimum[1], 3)}`,
      })),
    },
    columns,
  );
  const middle = Math.floor(frontier.parameters.length / 2);
  const frontierChart = renderTerminalChart(
    {
      title: FRONTIER_LABELS.title,
      x: { label: FRONTIER_LABELS.x, ...BUDGETS },
      y: { label: FRONTIER_LABELS.y, ...SIZES },
      lines: [{ points: frontier.parameters }, { points: frontier.tokens }],
      marks: [
        { character: 'N', point: frontier.parameters[middle]!, meaning: 'parameters of this budget' },
        { character: 'D', point: frontier.tokens[middle]!, meaning: 'tokens of this budget' },
      ],
    },
    columns,
  );
  return [isoFlopChart, frontierChart].filter((chart) => chart !== '').join('\n');
}
