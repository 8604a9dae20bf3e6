import type { PlannedForm } from '../../core/deployment/plan-deployment.js';
import type { DeployPlanResult } from '../../lifecycle/deploy/plan.js';
import { formatBytes, formatCount, formatDecimal, formatDuration, formatParameters } from '../format.js';
import type { Column } from '../table.js';

const UNKNOWN = '–';

/** What was planned for, in a sentence. */
export function planNeedText({ model, scope, machine, need }: DeployPlanResult): string {
  const devices = machine.devices > 1 ? `${machine.devices} × ` : '';
  const speed =
    machine.bandwidth_gb_s === null
      ? 'its speed is not known'
      : `${formatDecimal(machine.bandwidth_gb_s, 0)} GB/s${machine.measured ? ' measured' : ''}`;
  const parts = [
    `${model.name} (${formatParameters(model.parameters)} parameters)`,
    `${formatCount(need.prompt_tokens)} tokens in and ${formatCount(need.output_tokens)} out`,
    `${formatCount(need.concurrent)} at once`,
    `on ${devices}${machine.name} with ${formatBytes(machine.memory_bytes)}, ${speed}`,
  ];
  return `Plan for ${parts.join(', ')}${scope === null ? '' : ` (${scope})`}.`;
}

export const PLAN_COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'form' },
  { title: 'memory', align: 'right' },
  { title: 'tokens/s each', align: 'right' },
  { title: 'all', align: 'right' },
  { title: 'first token', align: 'right' },
  { title: 'USD per 1M tokens', align: 'right' },
  { title: 'problems' },
];

function rate(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value < 10 ? formatDecimal(value, 1) : formatCount(Math.round(value));
}

/** One row for each form, the recommended one marked. */
export function planRows({ forms, recommended }: DeployPlanResult): string[][] {
  return forms.map((form: PlannedForm) => [
    form.id === recommended ? '→' : '',
    form.title,
    formatBytes(form.memory_bytes),
    rate(form.tokens_per_second?.value),
    rate(form.total_tokens_per_second?.value),
    form.first_token_seconds === null ? UNKNOWN : formatDuration(form.first_token_seconds.value),
    form.usd_per_million_tokens === null ? UNKNOWN : formatDecimal(form.usd_per_million_tokens.value, 2),
    form.problems.join('; '),
  ]);
}

/** What to do next, and what the figures leave out. */
export function planAdvice({ forms, recommended, machine }: DeployPlanResult): string[] {
  const best = forms.find(({ id }) => id === recommended);
  const advice =
    best === undefined
      ? [
          'No form does all of this: ask for less, name a larger machine with --gpu, or choose a smaller model.',
        ]
      : [`Best: ${best.title}. Run:`, ...best.commands.map((command) => `  ${command}`)];
  const price =
    machine.usd_per_hour === null
      ? 'No price is known of this machine; give one with --price.'
      : `${formatDecimal(machine.usd_per_hour, 2)} USD an hour for each device (${machine.price_source ?? ''}).`;
  return [
    ...advice,
    `Speeds are what memory and arithmetic allow, the same share of them for every program; measure with genai deploy serve. ${price}`,
  ];
}
