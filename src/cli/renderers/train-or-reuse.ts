import type { TrainOrReuse } from '../../lifecycle/select/train-or-reuse.js';
import type { CsvRecord } from '../csv.js';
import { formatBytes, formatCount, formatDecimal, formatDuration, formatParameters } from '../format.js';
import type { Column } from '../table.js';
import type { ExplainedFigure } from './derivation.js';

const WAY_WORDS = {
  prompting: 'prompt it',
  lora: 'fine-tune adapters (LoRA)',
  full: 'fine-tune every weight',
  continued: 'continue its pre-training',
  'from-scratch': 'train your own from scratch',
} as const;

export const WAY_COLUMNS: readonly Column[] = [
  { title: 'Way' },
  { title: 'tokens', align: 'right' },
  { title: 'operations', align: 'right' },
  { title: 'GPU-hours', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: 'each GPU', align: 'right' },
  { title: '' },
];

const SECONDS_PER_DAY = 86_400;

function dollars(value: number): string {
  return `$${formatDecimal(value, value < 100 ? 2 : 0)}`;
}

type ShownWay = TrainOrReuse['ways'][number];

function objection({ fits, gpus_needed: needed, within_budget: within }: ShownWay): string {
  if (!fits) return needed === null ? 'fits on no number of them' : `needs ${formatCount(needed)} GPUs`;
  return within === false ? 'over the budget' : '';
}

/** A row for each way, cheapest first; the one to take first is marked. */
export function wayRows({ ways, recommended }: TrainOrReuse): string[][] {
  return ways.map((way) => {
    const { tokens, flops, gpu_hours: hours, days, cost_usd: cost, bytes_per_gpu: bytes } = way;
    const isFirst = way.way === recommended;
    return [
      `${isFirst ? '→ ' : '  '}${WAY_WORDS[way.way]}`,
      tokens === null ? 'none' : formatParameters(tokens.value),
      flops === null ? 'none' : flops.value.toExponential(2),
      hours === null ? 'none' : formatDecimal(hours.value, hours.value < 10 ? 1 : 0),
      days === null ? 'none' : formatDuration(days.value * SECONDS_PER_DAY),
      cost === null ? (way.way === 'prompting' ? 'none' : 'no price') : dollars(cost.value),
      bytes === null ? '' : formatBytes(bytes),
      objection(way),
    ];
  });
}

/** What the figures are of. */
export function wayIntroduction(result: TrainOrReuse): string {
  const { model, parameters, gpu, gpus, usd_per_gpu_hour: price, price_source: source, utilisation } = result;
  const paid = price === null ? '' : `, at ${dollars(price)} an hour each (${source ?? ''})`;
  const budget = result.budget_usd === null ? '' : ` The budget is ${dollars(result.budget_usd)}.`;
  return `${model}, ${formatParameters(parameters)} parameters, on ${gpus} × ${gpu} at ${Math.round(100 * utilisation)} % of their peak${paid}.${budget}`;
}

/** Which way to take first and why, with the reference case. */
export function wayRemarks(result: TrainOrReuse): string[] {
  const { recommended, reasons, ruled_out: ruledOut, ways, reference } = result;
  const scratch = ways.find(({ way }) => way === 'from-scratch')!;
  const raw = scratch.raw_tokens!;
  return [
    `First ${WAY_WORDS[recommended]}.`,
    ...ruledOut.map(({ way, reason }) => `The plan would have been to ${WAY_WORDS[way]}, which ${reason}.`),
    ...reasons.map(({ text, source }) => `${text} (${source}.)`),
    `From scratch ${formatParameters(scratch.tokens!.value)} tokens are compute-optimal (${scratch.tokens!.source}); as curation keeps 1 to 3 % of scraped text, ${formatParameters(raw.low.value)} to ${formatParameters(raw.high.value)} must be scraped.`,
    `For comparison: ${reference.name} saw ${formatParameters(reference.tokens)} tokens of a corpus with ${formatParameters(reference.domain_tokens)} from finance and ${formatParameters(reference.general_tokens)} of public text, and took ${formatCount(reference.published_gpu_hours)} hours of ${reference.published_gpu}; here it would take ${formatCount(reference.gpu_hours_here)} (${reference.source}).`,
  ];
}

/** Every figure with its derivation. */
export function wayFigures({ ways }: TrainOrReuse): ExplainedFigure[] {
  return ways.flatMap(({ way, tokens, flops, gpu_hours: hours, days, cost_usd: cost }) =>
    Object.entries({ tokens, operations: flops, 'GPU-hours': hours, days, 'US dollars': cost }).flatMap(
      ([name, figure]) => {
        if (figure === null) return [];
        const title = `${WAY_WORDS[way]}, ${name}: ${Number(figure.value.toPrecision(4)).toLocaleString('en-US')}`;
        return [{ title, derivation: figure }];
      },
    ),
  );
}

/** The ways as records for CSV. */
export function wayRecords({ ways }: TrainOrReuse): CsvRecord[] {
  return ways.map((way) => ({
    way: way.way,
    tokens: way.tokens?.value ?? null,
    trained_parameters: way.trained_parameters,
    flops: way.flops?.value ?? null,
    gpu_hours: way.gpu_hours?.value ?? null,
    days: way.days?.value ?? null,
    cost_usd: way.cost_usd?.value ?? null,
    bytes_per_gpu: way.bytes_per_gpu,
    fits: String(way.fits),
    gpus_needed: way.gpus_needed,
  }));
}
