import type { EvaluationList } from '../../lifecycle/evaluate/list.js';
import type { CsvRecord } from '../csv.js';
import { formatCount, formatFigure } from '../format.js';
import type { Column } from '../table.js';

/** Columns of {@link resultRows}. */
export const RESULT_COLUMNS: readonly Column[] = [
  { title: 'task' },
  { title: 'model' },
  { title: 'rows', align: 'right' },
  { title: 'values' },
  { title: 'finished' },
  { title: 'folder' },
];

/** One row per finished evaluation. */
export function resultRows({ results }: EvaluationList): string[][] {
  return results.map(({ task, model, rows, metrics, finished_at, folder }) => [
    task,
    model,
    formatCount(rows),
    metrics
      .filter(({ metric }) => !metric.includes('/'))
      .map(({ metric, value }) => `${metric} ${formatFigure(value)}`)
      .join(', '),
    finished_at.slice(0, 10),
    folder,
  ]);
}

/** One record per value. */
export function resultRecords({ results }: EvaluationList): CsvRecord[] {
  return results.flatMap(({ task, model, rows, metrics, finished_at, folder }) =>
    metrics.map(({ metric, value, low, high }) => ({
      task,
      model,
      rows,
      metric,
      value,
      low,
      high,
      finished_at,
      folder,
    })),
  );
}

/** Columns of {@link taskRows}. */
export const TASK_COLUMNS: readonly Column[] = [
  { title: 'ready task' },
  { title: 'kind' },
  { title: 'metrics' },
  { title: 'shots', align: 'right' },
  { title: 'dataset' },
];

/** One row per task that ships with the toolkit. */
export function taskRows({ tasks }: EvaluationList): string[][] {
  return tasks.map(({ task, kind, metrics, shots, dataset }) => [
    task,
    kind,
    metrics.join(', '),
    String(shots),
    dataset ?? '',
  ]);
}
