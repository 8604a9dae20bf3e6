import type { ListedModel, ModelList } from '../../lifecycle/select/list.js';
import type { CsvRecord } from '../csv.js';
import { formatBytes, formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';

/** Columns of a list; the last only where a memory was named. */
export function listColumns({ models }: ModelList): Column[] {
  const fits = models.some(({ fits_in: fit }) => fit !== null);
  return [
    { title: 'Model' },
    { title: 'parameters', align: 'right' },
    { title: 'architecture' },
    { title: 'context', align: 'right' },
    { title: 'licence' },
    { title: 'weights' },
    { title: 'released' },
    ...(fits ? [{ title: 'fits in' }] : []),
  ];
}

function fitText({ fits_in: fit }: ListedModel): string[] {
  return fit === null ? [] : [`${fit.dtype}, ${formatBytes(fit.total_bytes)}`];
}

/** One row for each model. */
export function listRows({ models }: ModelList): string[][] {
  return models.map((model) => [
    model.id,
    formatParameters(model.parameters),
    `${model.kind} (${model.model_type})`,
    formatCount(model.context),
    model.licence,
    model.weights,
    model.released,
    ...fitText(model),
  ]);
}

/** The same as records for CSV: lists are joined by semicolons. */
export function listRecords({ models }: ModelList): CsvRecord[] {
  return models.map(({ tasks, languages, instruction_tuned: tuned, fits_in: fit, ...model }) => ({
    ...model,
    instruction_tuned: String(tuned),
    tasks: tasks.join(';'),
    languages: languages.join(';'),
    fits_in_dtype: fit?.dtype ?? null,
    fits_in_bytes: fit?.total_bytes ?? null,
  }));
}

const models = (count: number): string => `${count} ${count === 1 ? 'model' : 'models'}`;

/** How many models were found; where none was, which filter removed most and what would be left without each. */
export function listSummary({ models: found, total, filters }: ModelList): string {
  if (found.length > 0) return `${found.length} of ${models(total)}.`;
  const [most] = filters;
  if (most === undefined) return 'There are no models.';
  const relief = filters
    .filter(({ left_without: left }) => left > 0)
    .map(({ filter, left_without: left }) => `without ${filter} ${models(left)} would be left`);
  return [
    `No model passes every filter. ${most.filter} removes most: ${most.excluded} of ${total}.`,
    relief.length > 0
      ? `${relief.join('; ')}.`.replace(/^w/, 'W')
      : 'No filter alone is to blame: leave out several.',
  ].join(' ');
}
