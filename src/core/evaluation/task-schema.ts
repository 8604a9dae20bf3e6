import { z } from 'zod';
import { MOST_BEAMS } from '../generation/beam-search.js';
import { EXAMPLE_STRATEGIES } from '../prompts/shots/choose-examples.js';
import { filterSchema } from './filters.js';
import { normalizationSchema } from './normalization.js';

/** What a task asks of a model. */
export const TASK_KINDS = {
  generation: 'an answer is generated and held against the target',
  multiple_choice: 'the likelihoods of several choices are compared',
  classification: 'the likelihoods of the same labels are compared for every row',
  perplexity: 'the likelihood of texts is measured',
} as const;

/** The name of a kind in {@link TASK_KINDS}. */
export type TaskKind = keyof typeof TASK_KINDS;

/** Most of what a task can sensibly hold. */
const MOST = { template: 100_000, line: 500, choices: 1000, shots: 100, tokens: 1_000_000 } as const;

const line = () => z.string().min(1, 'must not be empty').max(MOST.line);
const text = () => z.string().max(MOST.template, `must have at most ${MOST.template} characters`);
const template = () => text().min(1, 'must not be empty');
const count = (most: number) =>
  z
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(most, `must be ${most} at most`);

const dataset = z
  .strictObject({
    path: line()
      .optional()
      .describe('File, folder with a file for each part, or id on the Hugging Face hub.'),
    name: line().optional().describe('Configuration of the dataset on the hub.'),
    split: line().default('test').describe('Part that is measured on.'),
    columns: z
      .array(line())
      .min(1)
      .max(MOST.choices)
      .optional()
      .describe('Names of the columns where the file is a table (CSV, TSV) without a header.'),
    fields: z
      .record(z.string(), template())
      .default({})
      .describe('Further columns by name, each a template over those before it.'),
  })
  .prefault({})
  .describe('The rows.');

const prompt = z
  .strictObject({
    instruction: text()
      .default('')
      .describe('Text before everything else, as it is: with the line breaks that set it off.'),
    template: text().optional().describe('What is asked about a row: a column, or a template.'),
    file: line()
      .optional()
      .describe('Prompt template that stands in a file of its own, instead; seen from the task file.'),
    answer_prefix: text()
      .default('')
      .describe('How the answer begins, written for the model: a column or a template.'),
    target_separator: text().default(' ').describe('Text between the prompt and the answer.'),
    example_separator: text().default('\n\n').describe('Text after each example.'),
  })
  .prefault({})
  .describe('What the model reads.');

const shots = z
  .strictObject({
    count: count(MOST.shots).default(0).describe('Examples in the prompt.'),
    strategy: z
      .enum(EXAMPLE_STRATEGIES.map(({ id }) => id) as [string, ...string[]])
      .default('random')
      .describe('How they are chosen.'),
    from: line().default('train').describe('Part of the dataset that they come from.'),
    matching: z
      .array(line())
      .max(16)
      .default([])
      .describe('Columns in which an example must equal the row, such as its subject.'),
    examples: z
      .array(z.record(z.string(), z.unknown()))
      .max(MOST.shots)
      .optional()
      .describe('Rows to show instead of those of a part.'),
  })
  .prefault({})
  .describe('Examples shown before the question.');

const metric = z.union(
  [
    line(),
    z.looseObject({
      metric: line().describe(
        'Id of the metric; what stands beside it are its options. bleu: tokenizer; embedding-similarity: model; f1: positive; ' +
          'judge: model, rubric; pass-at-k: samples, k, check.',
      ),
    }),
  ],
  { error: 'must be the id of a metric, or hold it as metric with options beside it' },
);

const generation = z
  .strictObject({
    max_new_tokens: count(MOST.tokens).min(1, 'must be 1 or more').default(256).describe('Tokens at most.'),
    stop: z
      .array(template())
      .max(32)
      .default([])
      .describe('Texts that end the answer; they are not part of it.'),
    temperature: z.number('must be a number').min(0).max(100).default(0).describe('0: the likeliest token.'),
    top_p: z
      .number('must be a number')
      .positive()
      .max(1)
      .optional()
      .describe('Share of probability drawn from.'),
    top_k: count(MOST.tokens).optional().describe('Tokens drawn from at most.'),
    min_p: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Share of the likeliest token’s probability that a token must have to be drawn.'),
    repetition_penalty: z
      .number()
      .positive()
      .optional()
      .describe('Above 1: tokens that occurred are less likely.'),
    beams: count(MOST_BEAMS)
      .min(1, 'must be 1 or more')
      .optional()
      .describe('Texts followed at once, of which the likeliest as a whole is taken.'),
  })
  .prefault({})
  .describe('How an answer is generated.');

/** Which fields a kind needs. */
const NEEDED: Readonly<Record<TaskKind, readonly ('choices' | 'labels' | 'target')[]>> = {
  generation: ['target'],
  multiple_choice: ['choices', 'target'],
  classification: ['labels', 'target'],
  perplexity: ['target'],
};

/** What a task file may hold. */
export const taskSchema = z
  .strictObject({
    task: z
      .string()
      .regex(/^[A-Za-z0-9][\w.:-]{0,99}$/, 'must be a name of letters, digits and -_.:')
      .describe('What the task is called.'),
    kind: z.enum(Object.keys(TASK_KINDS) as [TaskKind, ...TaskKind[]]).describe(
      `What is asked. ${Object.entries(TASK_KINDS)
        .map(([id, meaning]) => `${id}: ${meaning}`)
        .join('; ')}.`,
    ),
    description: text().optional().describe('What the task measures, for readers.'),
    source: text().optional().describe('Where the prompt and the settings come from.'),
    dataset,
    prompt,
    choices: z
      .union([z.array(z.string()).min(2).max(MOST.choices), template()], {
        error: 'must be a list of two texts or more, or a column or template that holds one',
      })
      .optional()
      .describe('What is chosen from: a list, a column with a list, or a template of one.'),
    contexts: template()
      .optional()
      .describe('List of prompts, one for each choice, where the choice stands within the prompt.'),
    labels: z
      .array(z.string())
      .min(2, 'must have two labels or more')
      .max(MOST.choices)
      .refine((labels) => new Set(labels).size === labels.length, 'names a label twice')
      .optional()
      .describe(
        'Labels as the model is to write them; in the order of their numbers, where rows have numbers.',
      ),
    target: z
      .union([z.int().min(0), z.array(z.int().min(0)).min(1), template()], {
        error: 'must be a number of a choice, a list of such numbers, or a column or template',
      })
      .optional()
      .describe(
        'What is right: a text, the number of a choice (from 0), or several of them; a column or a template. ' +
          'With contexts: what follows each of them.',
      ),
    right_context: template().optional().describe('Number of the right one of the contexts (from 0).'),
    end_of_text: z
      .boolean()
      .default(false)
      .describe('Whether the end of the text after a choice is scored with it, as training does.'),
    shots,
    metrics: z
      .array(metric)
      .min(1)
      .max(32)
      .default([])
      .describe('Ids of metrics, or their ids with options.'),
    generation,
    filters: z
      .array(filterSchema)
      .max(16)
      .refine(
        (filters) => new Set(filters.map(({ name }) => name)).size === filters.length,
        'have a name twice',
      )
      .default([])
      .describe('Ways from what was generated to the answer that is scored; each gives results of its own.'),
    normalization: normalizationSchema
      .prefault({})
      .describe('What is overlooked when an answer is held against the target.'),
  })
  .superRefine((task, context) => {
    const problem = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const field of NEEDED[task.kind]) {
      if (task[field] === undefined && !(field === 'choices' && task.contexts !== undefined)) {
        problem([field], `is missing; a task of kind ${task.kind} needs it`);
      }
    }
    const { template: own, file } = task.prompt;
    if (own !== undefined && file !== undefined)
      problem(['prompt', 'file'], 'stands beside template; keep one');
    if (
      task.kind !== 'perplexity' &&
      task.contexts === undefined &&
      own === undefined &&
      file === undefined
    ) {
      problem(['prompt'], 'needs a template or a file');
    }
    if ((task.contexts === undefined) !== (task.right_context === undefined)) {
      problem(['contexts'], 'and right_context stand together');
    }
    if (task.end_of_text && !NEEDED[task.kind].some((field) => field === 'choices' || field === 'labels')) {
      problem(['end_of_text'], `is of choices; a task of kind ${task.kind} has none`);
    }
    if ((task.generation.beams ?? 1) > 1 && task.generation.temperature > 0) {
      problem(['generation', 'beams'], 'looks for the likeliest text; a temperature above 0 draws one');
    }
    if (task.kind === 'perplexity' && task.shots.count > 0) {
      problem(['shots', 'count'], 'must be 0: texts are measured by themselves');
    }
  })
  .describe('A task: rows, what is asked about them, and how answers are scored.');

/** A task file, complete. */
export type TaskDefinition = z.output<typeof taskSchema>;

/** A task as it may be written. */
export type TaskInput = z.input<typeof taskSchema>;
