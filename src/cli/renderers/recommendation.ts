import { languageName } from '../../core/selection/languages.js';
import type { RecommendationResult, RecommendedModel } from '../../lifecycle/select/recommend.js';
import type { CsvRecord } from '../csv.js';
import { formatBytes, formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';

/** Reasons told of each model: what adds most to its score, and what takes most from it. */
const MOST_REASONS = 3;

const ADAPT_WORDS = {
  prompt: 'prompting',
  lora: 'LoRA adapters',
  qlora: 'LoRA adapters on 4-bit weights',
  full: 'training every weight',
} as const;

/** What was looked for, in a sentence. */
export function needText({ scope, need, machine }: RecommendationResult): string {
  const licence = [
    ...(need.commercial_use ? ['commercial use'] : []),
    ...(need.derivatives ? ['passing on changed weights'] : []),
    ...(need.licence === null ? [] : [`the licence ${need.licence}`]),
    ...(need.open_weights ? ['open weights'] : []),
  ];
  const parts = [
    `${need.task} by ${ADAPT_WORDS[need.adapt]}`,
    ...(need.languages.length > 0 ? [`in ${need.languages.map(languageName).join(', ')}`] : []),
    ...(need.domain === null ? [] : [`domain ${need.domain}`]),
    `${formatCount(need.batch)} × ${formatCount(need.context)} tokens`,
    ...(need.tokens_per_second === null ? [] : [`${need.tokens_per_second} tokens a second`]),
    ...(licence.length > 0 ? [`allowing ${licence.join(' and ')}`] : []),
    `on ${machine.devices > 1 ? `${machine.devices} × ` : ''}${machine.name} with ${formatBytes(machine.memory_bytes)}`,
  ];
  return `Looking for ${parts.join(', ')}${scope === null ? '' : ` (${scope})`}.`;
}

export const RECOMMENDATION_COLUMNS: readonly Column[] = [
  { title: '', align: 'right' },
  { title: 'Model' },
  { title: 'score', align: 'right' },
  { title: 'parameters', align: 'right' },
  { title: 'run in' },
  { title: 'licence' },
  { title: 'why' },
];

/** Criteria that have a column of their own. */
const IN_COLUMNS = ['size', 'format', 'licence'];

/** What speaks for a model most, and what against it. */
function reasonsText({ marks }: RecommendedModel, { languages }: RecommendationResult['need']): string {
  const said = marks.filter(
    ({ criterion }) => !IN_COLUMNS.includes(criterion) && (criterion !== 'languages' || languages.length > 0),
  );
  const best = said.filter(({ score }) => score > 0.5).slice(0, MOST_REASONS);
  const worst = [...said]
    .sort((a, b) => b.weight * (1 - b.score) - a.weight * (1 - a.score))
    .filter(({ score }) => score < 0.5)
    .slice(0, 1);
  const against = worst.map(({ reason }) => `but ${reason}`);
  return [...best.map(({ reason }) => reason), ...against].join('; ');
}

/** The first models, best first. */
export function recommendedRows({ recommended, need }: RecommendationResult, limit: number): string[][] {
  return recommended
    .slice(0, limit)
    .map((model) => [
      String(model.rank),
      model.id,
      `${Math.round(100 * model.score)}`,
      formatParameters(model.parameters),
      `${model.serving.dtype}, ${formatBytes(model.serving.total_bytes)}`,
      `${model.licence}${model.commercial_use === 'conditions' ? ' (conditions)' : ''}`,
      reasonsText(model, need),
    ]);
}

export const EXCLUSION_COLUMNS: readonly Column[] = [
  { title: 'Ruled out by' },
  { title: 'models', align: 'right' },
  { title: 'by it alone', align: 'right' },
];

/** How many models each rule rules out. */
export function exclusionRows({ excluded_by: rules }: RecommendationResult): string[][] {
  return rules.map(({ title, models, alone }) => [title, String(models), String(alone)]);
}

export const EXCLUDED_COLUMNS: readonly Column[] = [{ title: 'Not' }, { title: 'because' }];

/** Every model that is out, with all its reasons. */
export function excludedRows({ excluded }: RecommendationResult): string[][] {
  return excluded.map(({ id, reasons, stands_in: instead }) => [
    id,
    [
      ...reasons.map(({ reason }) => reason),
      ...(instead.length > 0 ? [`in its place ${instead.join(', ')}`] : []),
    ].join('; '),
  ]);
}

export const CRITERIA_COLUMNS: readonly Column[] = [
  { title: 'Criterion' },
  { title: 'weight', align: 'right' },
  { title: 'asks' },
  { title: 'source' },
];

/** What the score is made of. */
export function criteriaRows({ criteria }: RecommendationResult): string[][] {
  return criteria.map(({ id, weight, question, source }) => [id, String(weight), question, source]);
}

/** What to do next. */
export function recommendationRemark(result: RecommendationResult, limit: number): string {
  const [best] = result.recommended;
  if (best === undefined) {
    const [first] = result.excluded_by;
    const advice =
      first === undefined
        ? ''
        : ` Most are ruled out by ${first.title}; see every reason with --all, and loosen what can be.`;
    return `No model can do this.${advice}`;
  }
  const others = result.recommended.length - limit;
  const more = others > 0 ? `${others} more would do; --limit shows them. ` : '';
  const next =
    best.repository === null
      ? `Next: genai select show ${best.id}.`
      : `Next: genai select show ${best.id} tells what else it takes, genai select pull ${best.repository} gets it${result.scope === null ? '' : `, and genai select use ${best.repository} records the choice`}.`;
  return `${more}${next}`;
}

/** The models as records for CSV. */
export function recommendationRecords({ recommended }: RecommendationResult): CsvRecord[] {
  return recommended.map(({ serving, marks, tasks, languages, instruction_tuned: tuned, ...model }) => ({
    ...model,
    instruction_tuned: String(tuned),
    tasks: tasks.join(';'),
    languages: languages.join(';'),
    dtype: serving.dtype,
    serving_bytes: serving.total_bytes,
    ...Object.fromEntries(marks.map(({ criterion, score }) => [`mark_${criterion}`, score])),
  }));
}
