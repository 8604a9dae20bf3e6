import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';

/** One figure that was measured, under the names of `huggingface_hub`'s `EvalResult`. */
export interface EvaluationResult {
  /** Name of the model that it was measured of. */
  readonly model_name: string;
  readonly task_type: string;
  readonly task_name?: string | undefined;
  readonly dataset_type: string;
  readonly dataset_name: string;
  readonly dataset_config?: string | undefined;
  readonly dataset_split?: string | undefined;
  readonly dataset_revision?: string | undefined;
  readonly dataset_args?: Readonly<Record<string, unknown>> | undefined;
  readonly metric_type: string;
  /** A number as a rule; some cards write a text or a list. */
  readonly metric_value: unknown;
  readonly metric_name?: string | undefined;
  readonly metric_config?: string | undefined;
  readonly metric_args?: Readonly<Record<string, unknown>> | undefined;
  readonly verified?: boolean | undefined;
  readonly verify_token?: string | undefined;
  readonly source_name?: string | undefined;
  readonly source_url?: string | undefined;
}

/** The metadata of a model card, under the names that the hub reads them by. */
export interface HubCardData {
  readonly license?: string | undefined;
  /** What the licence is called where `license` is `other`. */
  readonly license_name?: string | undefined;
  readonly license_link?: string | undefined;
  readonly library_name?: string | undefined;
  readonly pipeline_tag?: string | undefined;
  readonly language: readonly string[];
  readonly base_model: readonly string[];
  readonly datasets: readonly string[];
  readonly metrics: readonly string[];
  readonly tags: readonly string[];
  readonly results: readonly EvaluationResult[];
  /** Every other field, as it stands. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** A README.md of a model on the hub: YAML front matter, then Markdown. */
export interface HuggingFaceCard {
  readonly data: HubCardData;
  /** What follows the front matter. */
  readonly text: string;
}

/** Longest card that is read; the longest on the hub have some hundred kilobytes. */
export const LONGEST_CARD = 2 ** 21;

const FRONT_MATTER = /^\s*---[\r\n]+([\s\S]*?)[\r\n]+---(?:\r?\n|$)/;

/** YAML takes `no` and `1.0` for other things than text where nobody quotes them. */
const word = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const words = z
  .union([word.transform((one) => [one]), z.array(word)])
  .nullish()
  .transform((list): readonly string[] => list ?? []);
const optionalWord = word.nullish().transform((text) => text ?? undefined);
const fields = z.record(z.string(), z.unknown());

const resultSchema = z.object({
  task: z.object({ type: word, name: optionalWord }),
  dataset: z.object({
    type: word,
    name: word,
    config: optionalWord,
    split: optionalWord,
    revision: optionalWord,
    args: fields.nullish(),
  }),
  metrics: z.array(
    z.object({
      type: word,
      value: z.unknown(),
      name: optionalWord,
      config: optionalWord,
      args: fields.nullish(),
      verified: z.boolean().nullish(),
      verifyToken: optionalWord,
    }),
  ),
  source: z.object({ name: optionalWord, url: optionalWord }).nullish(),
});

const cardSchema = z
  .object({
    license: optionalWord,
    license_name: optionalWord,
    license_link: optionalWord,
    library_name: optionalWord,
    pipeline_tag: optionalWord,
    language: words,
    base_model: words,
    datasets: words,
    metrics: words,
    tags: words,
    'model-index': z
      .array(z.object({ name: word, results: z.array(resultSchema).default([]) }))
      .nullish()
      .transform((index) => index ?? []),
  })
  .loose();

function damaged(where: string, what: string, cause?: unknown): ToolkitError {
  return new ToolkitError(
    `${where}: ${what}`,
    'BAD_CHECKPOINT',
    'Mend the YAML between the two lines of ---; its form is described at https://huggingface.co/docs/hub/model-cards.',
    cause,
  );
}

function readFrontMatter(yaml: string, where: string): Readonly<Record<string, unknown>> {
  let values: unknown;
  try {
    const document = parseDocument(yaml);
    const [error] = document.errors;
    if (error !== undefined) {
      // The front matter begins after the line of ---.
      const line = (error.linePos?.[0].line ?? 0) + 1;
      throw damaged(where, `line ${line}: ${error.message.split(' at line')[0]!}`, error);
    }
    values = document.toJS();
  } catch (cause) {
    if (cause instanceof ToolkitError) throw cause;
    // Brackets within brackets, or aliases of aliases, beyond what any card has.
    throw damaged(where, 'the front matter cannot be read', cause);
  }
  if (values === null) return {};
  if (typeof values === 'object' && !Array.isArray(values)) return values as Record<string, unknown>;
  throw damaged(where, 'the front matter is not a list of fields with values');
}

/**
 * Reads a model card in the form of the Hugging Face hub. A card without front matter has no data.
 *
 * @param where the file's path, for messages
 * @throws ToolkitError `BAD_CHECKPOINT` with the line or field, for front matter that the hub would refuse too
 */
export function readModelCardText(text: string, where = 'README.md'): HuggingFaceCard {
  if (text.length > LONGEST_CARD) {
    throw damaged(where, `has ${text.length} characters, more than any model card (${LONGEST_CARD})`);
  }
  const source = text.replace(/^\ufeff/, '');
  const match = FRONT_MATTER.exec(source);
  const values = match === null ? {} : readFrontMatter(match[1]!, where);
  const result = cardSchema.safeParse(values);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw damaged(where, `${issue!.path.join('.')}: ${issue!.message}`, result.error);
  }
  const {
    'model-index': index,
    license,
    license_name,
    license_link,
    library_name,
    pipeline_tag,
    language,
    base_model,
    datasets,
    metrics,
    tags,
    ...others
  } = result.data;
  const results = index.flatMap(({ name, results }) => results.flatMap((entry) => readResults(name, entry)));
  return {
    data: {
      ...{ license, license_name, license_link, library_name, pipeline_tag },
      ...{ language, base_model, datasets, metrics, tags, results, others },
    },
    text: source.slice(match?.[0].length ?? 0),
  };
}

function readResults(
  model_name: string,
  { task, dataset, metrics, source }: z.output<typeof resultSchema>,
): EvaluationResult[] {
  return metrics.map((metric) => ({
    model_name,
    task_type: task.type,
    task_name: task.name,
    dataset_type: dataset.type,
    dataset_name: dataset.name,
    dataset_config: dataset.config,
    dataset_split: dataset.split,
    dataset_revision: dataset.revision,
    dataset_args: dataset.args ?? undefined,
    metric_type: metric.type,
    metric_value: metric.value,
    metric_name: metric.name,
    metric_config: metric.config,
    metric_args: metric.args ?? undefined,
    verified: metric.verified ?? undefined,
    verify_token: metric.verifyToken,
    source_name: source?.name,
    source_url: source?.url,
  }));
}

/** What results of one task on one data set have in common: they stand together in the card. */
function placeOf(result: EvaluationResult): string {
  const { task_type, dataset_type, dataset_config, dataset_split, dataset_revision } = result;
  return JSON.stringify([task_type, dataset_type, dataset_config, dataset_split, dataset_revision]);
}

function writeResult(results: readonly EvaluationResult[]): object {
  const [first] = results;
  return {
    task: { type: first!.task_type, name: first!.task_name },
    dataset: {
      name: first!.dataset_name,
      type: first!.dataset_type,
      config: first!.dataset_config,
      split: first!.dataset_split,
      revision: first!.dataset_revision,
      args: first!.dataset_args,
    },
    metrics: results.map((result) => ({
      type: result.metric_type,
      value: result.metric_value,
      name: result.metric_name,
      config: result.metric_config,
      args: result.metric_args,
      verified: result.verified,
      verifyToken: result.verify_token,
    })),
    source:
      first!.source_url === undefined ? undefined : { url: first!.source_url, name: first!.source_name },
  };
}

function groupsOf<Item>(items: readonly Item[], key: (item: Item) => string): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups];
}

const oneOrMore = (list: readonly string[]): string | readonly string[] | undefined =>
  list.length > 1 ? list : list[0];
const someOf = <Item>(list: readonly Item[]): readonly Item[] | undefined =>
  list.length === 0 ? undefined : list;

/** Writes a model card in the form of the Hugging Face hub; fields without a value are left out. */
export function writeModelCardText({ data, text }: HuggingFaceCard): string {
  const { results, others, ...fields } = data;
  const index = groupsOf(results, ({ model_name }) => model_name).map(([name, ofModel]) => ({
    name,
    results: groupsOf(ofModel, (result) => `${placeOf(result)}${result.source_url ?? ''}`).map(
      ([, together]) => writeResult(together),
    ),
  }));
  const values = {
    base_model: oneOrMore(fields.base_model),
    datasets: someOf(fields.datasets),
    language: oneOrMore(fields.language),
    library_name: fields.library_name,
    license: fields.license,
    license_name: fields.license_name,
    license_link: fields.license_link,
    metrics: someOf(fields.metrics),
    pipeline_tag: fields.pipeline_tag,
    tags: someOf(fields.tags),
    ...others,
    'model-index': someOf(index),
  };
  // The hub reads YAML 1.1, to which `no` is false: every doubtful text is quoted.
  const yaml = stringify(values, { lineWidth: 0, version: '1.1', keepUndefined: false });
  return `---\n${yaml}---\n${text}`;
}
