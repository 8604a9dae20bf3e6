import type { ProjectStatus, StageStatus, StepStatus } from '../../core/project/project-status.js';
import { formatFigure } from '../format.js';
import type { Column } from '../table.js';

/** Columns of {@link statusRows}. */
export const STATUS_COLUMNS: readonly Column[] = [
  { title: 'stage' },
  { title: 'state' },
  { title: 'when (UTC)' },
  { title: 'what' },
];

/** Steps of a stage shown at most, the newest; the JSON has all. */
const MOST_STEPS = 5;

function describeStep({ name, results, reasons }: StepStatus): string {
  const figures = Object.entries(results)
    .filter(([, value]) => value !== null && value !== '')
    .map(
      ([key, value]) =>
        `${key.replaceAll('_', ' ')} ${typeof value === 'number' ? formatFigure(value) : value}`,
    );
  const what = figures.length === 0 ? name : `${name}: ${figures.join(', ')}`;
  return reasons.length === 0 ? what : `${what}. ${reasons.join('; ')}`;
}

/** `2026-11-23T05:30:12.345Z` → `2026-11-23 05:30`. */
function minute(when: string | null): string {
  return when === null ? '' : when.slice(0, 16).replace('T', ' ');
}

function stageRows({ stage, state, note, steps }: StageStatus): string[][] {
  const shown = steps.slice(-MOST_STEPS).reverse();
  const rows = shown.map((step) => ['', step.state, minute(step.when), describeStep(step)]);
  if (steps.length > MOST_STEPS) rows.push(['', '', '', `and ${steps.length - MOST_STEPS} older`]);
  const [first] = rows;
  if (first !== undefined && rows.length === 1 && first[1] === state && note === null) {
    return [[stage, ...first.slice(1)]];
  }
  return [[stage, state, '', note ?? ''], ...rows];
}

/** Every stage with what was done in it, the newest first. */
export function statusRows({ stages }: ProjectStatus): string[][] {
  return stages.flatMap(stageRows);
}

/** What stands above the table. */
export function statusTitle({ name, task, project }: ProjectStatus): string {
  return name === null ? project : `${name} (${task}), in ${project}`;
}

/** What stands below it: the bar, and the next command. */
export function statusLines({ target, next, project }: ProjectStatus, folder: string): string[] {
  const bar =
    target === null
      ? []
      : [
          `The bar: ${target.metric} ${target.target}. ` +
            (target.value === null
              ? 'Not measured yet.'
              : `Measured: ${formatFigure(target.value)}, which ${target.reached ? 'reaches' : 'does not reach'} it.`),
        ];
  if (next === null) return [...bar, 'Everything is done.'];
  const where = folder === project ? '' : ` (in ${project})`;
  return [...bar, `Next${where}: ${next.why}:`];
}
