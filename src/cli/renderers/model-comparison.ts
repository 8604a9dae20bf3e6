import type { ModelComparison } from '../../lifecycle/select/compare.js';
import type { ModelDescription } from '../../lifecycle/select/show.js';
import { formatBytes, formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';
import { devicesText, languagesText } from './model-description.js';

/** Stands before what is not the same. */
const DIFFERENT = '≠';

const PERMISSION_WORDS = { yes: 'yes', conditions: 'on conditions', no: 'no', unknown: 'not known' } as const;

interface Line {
  readonly title: string;
  readonly text: (model: ModelDescription) => string;
}

const LINES: readonly Line[] = [
  { title: 'by', text: ({ organisation }) => organisation },
  { title: 'released', text: ({ released }) => released },
  { title: 'architecture', text: ({ kind, model_type: type }) => `${kind} (${type})` },
  { title: 'parameters', text: ({ parameters }) => formatParameters(parameters) },
  { title: 'for each token', text: ({ active_parameters: active }) => formatParameters(active) },
  { title: 'context', text: ({ context }) => formatCount(context) },
  { title: 'weights', text: ({ weights }) => weights },
  { title: 'licence', text: ({ licence }) => licence },
  { title: 'commercial use', text: ({ commercial_use: use }) => PERMISSION_WORDS[use] },
  { title: 'instructions', text: ({ instruction_tuned: tuned }) => (tuned ? 'yes' : 'no') },
  {
    title: 'tokens seen',
    text: ({ training_tokens: tokens }) => (tokens === null ? 'not published' : formatParameters(tokens)),
  },
  { title: 'languages', text: ({ languages }) => languagesText(languages) },
  { title: 'tasks', text: ({ tasks }) => tasks.join(', ') },
];

const METHOD_WORDS = { full: 'train in full', lora: 'train LoRA', qlora: 'train QLoRA' };

/** Lines of what each of the models takes. */
function memoryLines([first]: readonly ModelDescription[]): Line[] {
  return [
    ...first!.serving.map(({ dtype }, index) => ({
      title: `run in ${dtype}`,
      text: ({ serving }: ModelDescription) => formatBytes(serving[index]!.total_bytes),
    })),
    ...first!.training.map(({ method }, index) => ({
      title: METHOD_WORDS[method],
      text: ({ training }: ModelDescription) => formatBytes(training[index]!.total_bytes),
    })),
    {
      title: 'in bf16 on',
      text: ({ serving }: ModelDescription) => devicesText(serving[0]?.fits_on ?? null),
    },
  ];
}

/** A column for each model. */
export function comparisonColumns({ models }: ModelComparison): Column[] {
  return [{ title: '' }, ...models.map(({ id }) => ({ title: id })), { title: '' }];
}

/** A row for each thing that is compared, marked where the models differ. */
export function comparisonRows({ models }: ModelComparison): string[][] {
  return [...LINES, ...memoryLines(models)].map(({ title, text }) => {
    const cells = models.map(text);
    return [title, ...cells, new Set(cells).size > 1 ? DIFFERENT : ''];
  });
}

/** What is said below the table. */
export function comparisonRemark({ models }: ModelComparison): string {
  const contexts = models.map(({ id, serving_context: context }) => `${id} ${formatCount(context)}`);
  return `${DIFFERENT} marks what is not the same. Memory to run is that of one sequence, of so many tokens: ${contexts.join(', ')}.`;
}
