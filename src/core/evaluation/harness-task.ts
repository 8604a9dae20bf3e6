import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { quoteName } from '../checkpoints/quote-name.js';
import type { ErrorCode } from '../errors/exit-codes.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { PythonFunction, readHarnessYaml, type HarnessFields } from './harness-yaml.js';
import { makeTask, type Task, type TaskInput, type TaskKind } from './task.js';

/** Kinds of tasks by what the harness calls them. */
const OUTPUT_TYPES: Readonly<Record<string, TaskKind>> = {
  multiple_choice: 'multiple_choice',
  generate_until: 'generation',
  loglikelihood_rolling: 'perplexity',
};

/** Metrics by the harness's names, with what they are called here and how the harness aggregates them by default. */
const METRICS: Readonly<Record<string, readonly [id: string, aggregation: string]>> = {
  acc: ['acc', 'mean'],
  acc_norm: ['acc_norm', 'mean'],
  acc_bytes: ['acc_bytes', 'mean'],
  exact_match: ['exact-match', 'mean'],
  f1: ['f1', 'f1'],
  mcc: ['matthews-correlation', 'matthews_corrcoef'],
  bleu: ['bleu', 'bleu'],
  chrf: ['chrf', 'chrf'],
  word_perplexity: ['word-perplexity', 'weighted_perplexity'],
  byte_perplexity: ['bits-per-byte', 'weighted_perplexity'],
  bits_per_byte: ['bits-per-byte', 'bits_per_byte'],
};

/** What a kind is measured by where a task does not say. */
const DEFAULT_METRICS: Readonly<Record<TaskKind, readonly string[]>> = {
  multiple_choice: ['acc', 'acc_norm'],
  classification: ['acc'],
  generation: ['exact_match'],
  perplexity: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
};

/** Fields that change nothing about what a model is asked and how it is scored. */
const IGNORED = [
  ...['task_alias', 'tag', 'group', 'group_alias', 'metadata', 'dataset_kwargs', 'unsafe_code'],
  ...['should_decontaminate', 'doc_to_decontamination_query'],
];

/** Fields that are read. */
const READ = [
  ...['task', 'dataset_path', 'dataset_name', 'training_split', 'validation_split'],
  ...['test_split', 'fewshot_split', 'output_type', 'description'],
  ...['doc_to_text', 'doc_to_target', 'doc_to_choice', 'target_delimiter', 'fewshot_delimiter'],
  ...[
    'fewshot_config',
    'num_fewshot',
    'gen_prefix',
    'metric_list',
    'generation_kwargs',
    'filter_list',
    'repeats',
  ],
];

/** Fields that are of no use without Python or another modality. */
const REFUSED = [
  ...['class', 'process_docs', 'process_results', 'custom_dataset', 'use_prompt'],
  ...['doc_to_image', 'doc_to_audio'],
];

const anyTemplate = z.union([z.string(), z.int()]);
const splitName = z.string().nullable();

/** Forms of the fields that are read. */
const harnessSchema = z.object({
  task: z.string(),
  dataset_path: z.string().optional(),
  dataset_name: z.string().nullable().default(null),
  training_split: splitName.default(null),
  validation_split: splitName.default(null),
  test_split: splitName.default(null),
  fewshot_split: splitName.default(null),
  output_type: z.string().default('generate_until'),
  description: z.string().nullable().default(''),
  doc_to_text: anyTemplate.nullable().default(null),
  doc_to_target: z
    .union([z.string(), z.int(), z.array(z.int())])
    .nullable()
    .default(null),
  doc_to_choice: z
    .union([z.string(), z.array(z.coerce.string()), z.record(z.string(), z.coerce.string())])
    .nullable()
    .default(null),
  gen_prefix: z.string().nullable().default(null),
  target_delimiter: z.string().default(' '),
  fewshot_delimiter: z.string().default('\n\n'),
  num_fewshot: z.int().min(0).nullable().default(0),
  repeats: z.int().default(1),
  fewshot_config: z
    .strictObject({
      sampler: z.enum(['default', 'first_n']).default('default'),
      split: z.string().optional(),
      samples: z.array(z.record(z.string(), z.unknown())).optional(),
    })
    .nullable()
    .default(null),
  metric_list: z
    .array(
      z.looseObject({
        metric: z.string(),
        aggregation: z.string().optional(),
        higher_is_better: z.boolean().optional(),
      }),
    )
    .nullable()
    .default(null),
  generation_kwargs: z
    .strictObject({
      until: z.union([z.string(), z.array(z.string())]).optional(),
      do_sample: z.boolean().default(false),
      temperature: z.coerce.number().default(0),
      max_gen_toks: z.int().positive().optional(),
      max_tokens: z.int().positive().optional(),
      max_new_tokens: z.int().positive().optional(),
      top_p: z.number().optional(),
      top_k: z.int().optional(),
      min_p: z.number().optional(),
      repetition_penalty: z.number().optional(),
      num_beams: z.int().positive().optional(),
    })
    .nullable()
    .default(null),
  filter_list: z
    .array(
      z.strictObject({
        name: z.string(),
        filter: z.array(z.looseObject({ function: z.string() })),
      }),
    )
    .nullable()
    .default(null),
});

type HarnessTask = z.output<typeof harnessSchema>;

function fail(place: string, message: string, code: ErrorCode, hint: string): ToolkitError {
  return new ToolkitError(`${place}: ${message}`, code, hint);
}

/** Where Python stands within a value: its path, or `undefined`. */
function findPython(value: unknown, path: string): { path: string; python: PythonFunction } | undefined {
  if (value instanceof PythonFunction) return { path, python: value };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = findPython(inner, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkFields({ values, places }: HarnessFields): void {
  const list = ['group', 'task'].find(
    (field) =>
      Array.isArray(values.get(field)) ||
      (field === 'group' && values.has(field) && !values.has('output_type')),
  );
  if (list !== undefined) {
    throw fail(places.get(list)!, 'names a group of tasks', 'UNSUPPORTED', 'Read its tasks one by one.');
  }
  for (const [field, value] of values) {
    const place = places.get(field)!;
    if (IGNORED.includes(field) || value === null) continue;
    const found = findPython(value, field);
    if (found !== undefined) {
      throw fail(
        found.python.where,
        `${found.path} is a function of Python (${quoteName(found.python.name)})`,
        'UNSUPPORTED',
        'Write it as Jinja templates (dataset.fields of a task file can make columns), or look for the task among the ready ones.',
      );
    }
    if (REFUSED.includes(field)) {
      throw fail(
        place,
        `${field} is not read`,
        'UNSUPPORTED',
        'Write the task as a task file of this toolkit.',
      );
    }
    if (!READ.includes(field)) {
      const guess = didYouMean(field, READ);
      throw fail(
        place,
        `unknown key ${quoteName(field)}`,
        'USAGE',
        guess ?? `Known keys: ${READ.join(', ')}.`,
      );
    }
  }
}

function readMetrics(
  task: HarnessTask,
  kind: TaskKind,
  place: string,
): Pick<TaskInput, 'metrics' | 'normalization'> {
  let normalization: TaskInput['normalization'];
  const list: NonNullable<HarnessTask['metric_list']> =
    task.metric_list ?? DEFAULT_METRICS[kind].map((metric) => ({ metric }));
  const metrics = list.map((entry) => {
    const { metric: name, aggregation, higher_is_better: _, ...options } = entry;
    const known = METRICS[name];
    if (known === undefined) {
      throw fail(
        place,
        `the metric ${quoteName(name)} is not known`,
        'UNSUPPORTED',
        `${didYouMean(name, Object.keys(METRICS)) ?? ''} Metrics that are read: ${Object.keys(METRICS).join(', ')}.`.trim(),
      );
    }
    const [id, defaultAggregation] = known;
    if (aggregation !== undefined && aggregation !== defaultAggregation) {
      throw fail(
        place,
        `${name} is aggregated by ${quoteName(aggregation)}`,
        'UNSUPPORTED',
        `It is aggregated by ${defaultAggregation} here.`,
      );
    }
    // How much a task counts in its group.
    delete options['weight_by_size'];
    if (name === 'f1') return { metric: id, positive: secondChoice(task, kind, place) };
    if (name === 'exact_match') {
      normalization = options as TaskInput['normalization'];
      return id;
    }
    return Object.keys(options).length === 0 ? id : { metric: id, ...options };
  });
  // Byte perplexity and bits per byte are values of one metric.
  const distinct = metrics.filter(
    (metric, index) => typeof metric !== 'string' || metrics.indexOf(metric) === index,
  );
  return { metrics: distinct, ...(normalization !== undefined && { normalization }) };
}

/** The class that the harness's F1 is of: that of the second of two choices. */
function secondChoice({ doc_to_choice: choices }: HarnessTask, kind: TaskKind, place: string): string {
  const texts = typeof choices === 'object' && choices !== null ? Object.values(choices) : [];
  if (kind === 'multiple_choice' && texts.length === 2) return texts[1]!;
  throw fail(
    place,
    'f1 is of two classes in the harness, and doc_to_choice does not list two',
    'UNSUPPORTED',
    'Write the task as a task file of this toolkit: its f1 is of any number of labels.',
  );
}

/** Options of the filter `regex`; the default is made for the answers of GSM8K. */
const regexOptions = z.strictObject({
  regex_pattern: z.string().default('#### (\\-?[0-9\\.\\,]+)'),
  group_select: z.int().default(0),
  fallback: z.string().default('[invalid]'),
});

/** Options of the filter `map`; Python writes a missing default as None. */
const mapOptions = z.strictObject({
  mapping_dict: z.record(z.string(), z.coerce.string()).default({}),
  default_value: z
    .union([z.string(), z.number(), z.null()])
    .default(null)
    .transform((value) => (value === null ? 'None' : String(value))),
});

/** Steps of the harness by name, with what they are here; those that choose among several tries have none. */
function readStep(
  { function: name, ...options }: { readonly function: string } & Record<string, unknown>,
  place: string,
): NonNullable<TaskInput['filters']>[number]['steps'] {
  const read = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> => {
    const result = schema.safeParse(options);
    if (result.success) return result.data;
    const problems = result.error.issues.map(({ path, message }) =>
      [...path.map(String), message].join(': '),
    );
    throw fail(place, `the filter ${name}: ${problems.join('; ')}`, 'USAGE', 'Mend its options.');
  };
  switch (name) {
    // There is one try of each row.
    case 'take_first':
    case 'majority_vote':
      return [];
    case 'remove_whitespace':
      return ['strip'];
    case 'lowercase':
    case 'uppercase':
      return [name];
    case 'regex': {
      const { regex_pattern: regex, group_select: match, fallback } = read(regexOptions);
      return [{ regex, match, fallback }];
    }
    case 'map': {
      const { mapping_dict: map, default_value: fallback } = read(mapOptions);
      return [{ map, fallback }];
    }
    default:
      throw fail(
        place,
        `the filter ${quoteName(name)} is not read`,
        'UNSUPPORTED',
        'Filters that are read: regex, take_first, remove_whitespace, lowercase, uppercase, map.',
      );
  }
}

/** Tokens generated at most where a task does not say. */
const DEFAULT_NEW_TOKENS = 256;

function readGeneration(task: HarnessTask): TaskInput['generation'] {
  const settings = task.generation_kwargs;
  const until = settings?.until ?? task.fewshot_delimiter;
  const samples = settings?.do_sample === true;
  return {
    stop: typeof until === 'string' ? [until] : until,
    max_new_tokens:
      settings?.max_gen_toks ?? settings?.max_tokens ?? settings?.max_new_tokens ?? DEFAULT_NEW_TOKENS,
    temperature: samples ? settings.temperature : 0,
    ...(samples && settings.top_p !== undefined && { top_p: settings.top_p }),
    ...(samples && settings.top_k !== undefined && { top_k: settings.top_k }),
    ...(samples && settings.min_p !== undefined && { min_p: settings.min_p }),
    ...(settings?.repetition_penalty !== undefined && { repetition_penalty: settings.repetition_penalty }),
    ...(settings?.num_beams !== undefined && { beams: settings.num_beams }),
  };
}

function readShots(task: HarnessTask): TaskInput['shots'] {
  const { fewshot_config: config, num_fewshot: count } = task;
  const from =
    config?.split ?? task.fewshot_split ?? task.training_split ?? task.validation_split ?? task.test_split;
  return {
    count: count ?? 0,
    strategy: config?.sampler === 'first_n' ? 'first' : 'random',
    ...(from !== null && { from }),
    ...(config?.samples !== undefined && config.split === undefined && { examples: config.samples }),
  };
}

function convert(task: HarnessTask, places: HarnessFields['places'], path: string): TaskInput {
  const placeOf = (field: string): string => places.get(field) ?? path;
  const kind = OUTPUT_TYPES[task.output_type];
  if (kind === undefined) {
    throw fail(
      placeOf('output_type'),
      `output_type ${quoteName(task.output_type)} is not read`,
      'UNSUPPORTED',
      `${didYouMean(task.output_type, Object.keys(OUTPUT_TYPES)) ?? ''} Read are: ${Object.keys(OUTPUT_TYPES).join(', ')}.`.trim(),
    );
  }
  if (task.repeats !== 1) {
    throw fail(
      placeOf('repeats'),
      `repeats is ${task.repeats}`,
      'UNSUPPORTED',
      'Each row is asked once here.',
    );
  }
  const { doc_to_choice: choices, doc_to_target: target, doc_to_text: text } = task;
  const split = task.test_split ?? task.validation_split ?? task.training_split;
  return {
    task: task.task,
    kind,
    source: `lm-evaluation-harness, ${path}`,
    dataset: {
      ...(task.dataset_path !== undefined && { path: task.dataset_path }),
      ...(task.dataset_name !== null && { name: task.dataset_name }),
      ...(split !== null && { split }),
    },
    prompt: {
      instruction: task.description ?? '',
      ...(kind !== 'perplexity' && text !== null && { template: String(text) }),
      ...(task.gen_prefix !== null && { answer_prefix: task.gen_prefix }),
      target_separator: task.target_delimiter,
      example_separator: task.fewshot_delimiter,
    },
    ...(choices !== null && {
      choices: typeof choices === 'string' || Array.isArray(choices) ? choices : Object.values(choices),
    }),
    ...(target !== null && { target }),
    ...(kind !== 'perplexity' && { shots: readShots(task) }),
    ...readMetrics(task, kind, placeOf('metric_list')),
    ...(kind === 'generation' && {
      generation: readGeneration(task),
      filters: (task.filter_list ?? []).map(({ name, filter }) => ({
        name,
        steps: filter.flatMap((step) => readStep(step, placeOf('filter_list'))),
      })),
    }),
  };
}

/**
 * Reads a task of lm-evaluation-harness that needs no Python: `multiple_choice`, `generate_until` and
 * `loglikelihood_rolling` with templates, metrics and filters that exist here.
 *
 * @throws ToolkitError `NOT_FOUND`; `UNSUPPORTED` that names the key for what needs Python or is not there; `USAGE` for
 *   unknown keys and wrong values
 */
export async function readHarnessTask(files: FileSystem, path: string): Promise<Task> {
  const fields = await readHarnessYaml(files, path);
  checkFields(fields);
  const result = harnessSchema.safeParse(Object.fromEntries(fields.values));
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path: [field, ...rest], message }) =>
        `${fields.places.get(String(field)) ?? path}: ${[field, ...rest].map(String).join('.')}: ${message}`,
    );
    throw new ToolkitError(problems.join('\n'), 'USAGE', 'Mend the fields named above.', result.error);
  }
  return makeTask(convert(result.data, fields.places, path), path);
}

/** Whether a YAML text is a task of lm-evaluation-harness rather than of this toolkit. */
export function isHarnessTask(text: string): boolean {
  return /^["']?(?:output_type|doc_to_text|doc_to_target|dataset_path|include|group|tag|class)["']?\s*:/m.test(
    text,
  );
}
