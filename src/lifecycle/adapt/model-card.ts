import { basename } from 'node:path';
import type { LoraSettings } from '../../core/adapters/lora.js';
import {
  writeModelCardText,
  type EvaluationResult,
  type HubCardData,
} from '../../core/model-cards/hugging-face-form.js';
import {
  CARD_MARKER,
  cardBeside,
  code,
  figures,
  licenceOf,
  limits,
  modelName,
  section,
  table,
  type Cell,
} from '../../core/model-cards/written-card.js';
import type { FileSystem } from '../../platform/file-system.js';

export { CARD_FILE, keepOwnCard, modelName } from '../../core/model-cards/written-card.js';

/** Sections that say how weights came about; a merged model has them from its adapter. */
const ORIGIN_SECTIONS = ['Data', 'Recipe', 'Hardware', 'Results'] as const;

/** Facts of a run that its card tells. */
export interface RunFacts {
  readonly title: string;
  /** Folder of the model it was made from; absent where it was trained from scratch. */
  readonly base?: string | undefined;
  /** `model_type` of its configuration. */
  readonly architecture: string;
  readonly parameters: number;
  readonly adapter?: LoraSettings | undefined;
  /** Path of the dataset, as given. */
  readonly dataset: string;
  readonly files: readonly {
    readonly path: string;
    readonly rows: number;
    readonly bytes: number;
    readonly sha256: string;
  }[];
  /** Format of the rows. */
  readonly format: string;
  /** What of the files was used for what, as sentences. */
  readonly use: readonly string[];
  readonly recipe: Readonly<Record<string, Cell>>;
  readonly hardware: Readonly<Record<string, Cell>>;
  readonly results: Readonly<Record<string, Cell>>;
  /** Part of the data that was evaluated on, and what was measured, under the hub's names of metrics. */
  readonly evaluation?:
    { readonly split: string; readonly metrics: Readonly<Record<string, number>> } | undefined;
  /** Tokens of a row at most. */
  readonly sequenceLength: number;
}

function licenceText(base: string | undefined, { data }: { data: Partial<HubCardData> }): string {
  const name = data.license_name ?? data.license;
  if (base === undefined) return 'No licence is chosen yet; the licences of the data apply.';
  return name === undefined
    ? 'The licence of the base model is not named in its card; it applies, and so do the licences of the data.'
    : `The licence of the base model (${name}) applies, and so do the licences of the data.`;
}

function loading(adapter: boolean): string {
  const python = adapter
    ? 'from peft import AutoPeftModelForCausalLM\n\nmodel = AutoPeftModelForCausalLM.from_pretrained(".")'
    : 'from transformers import AutoModelForCausalLM, AutoTokenizer\n\nmodel = AutoModelForCausalLM.from_pretrained(".")\ntokenizer = AutoTokenizer.from_pretrained(".")';
  return section(
    'How to load it',
    'In this folder, with genai-toolkit:',
    '```sh\ngenai generate . --prompt "…"\n```',
    `In Python, with ${adapter ? 'transformers and peft' : 'transformers'}:`,
    `\`\`\`python\n${python}\n\`\`\``,
    ...(adapter
      ? [
          'The adapter names its base model in `adapter_config.json`; `genai adapt merge` makes one model of both.',
        ]
      : []),
  );
}

const INTENDED_USE =
  'For the task that its training rows show, on texts like theirs. Test it on your own rows before you rely on it.';

function resultsOf(facts: RunFacts): EvaluationResult[] {
  const { evaluation, dataset, title } = facts;
  const name = basename(dataset);
  return Object.entries(evaluation?.metrics ?? {}).map(([metric, value]) => ({
    model_name: title,
    task_type: 'text-generation',
    dataset_type: name,
    dataset_name: name,
    dataset_split: evaluation!.split,
    metric_type: metric,
    metric_value: value,
  }));
}

/** The card of a model or adapter that a run has trained. */
export async function writeRunCard(facts: RunFacts, files: FileSystem): Promise<string> {
  const { title, base, adapter, architecture, dataset } = facts;
  const baseCard = base === undefined ? undefined : await cardBeside(files, base);
  const isFolder = (await files.stat(dataset))?.kind === 'directory';
  const dataCard = isFolder ? await cardBeside(files, dataset) : undefined;
  const results = resultsOf(facts);
  const data: HubCardData = {
    ...licenceOf(baseCard),
    base_model: base === undefined ? [] : [modelName(base)],
    library_name: adapter === undefined ? 'transformers' : 'peft',
    pipeline_tag: 'text-generation',
    language: dataCard?.data.language.length ? dataCard.data.language : (baseCard?.data.language ?? []),
    datasets: [basename(dataset)],
    metrics: results.map(({ metric_type }) => metric_type),
    tags: ['genai-toolkit', architecture, ...(adapter === undefined ? [] : ['lora'])],
    results,
    others: base === undefined ? {} : { base_model_relation: adapter === undefined ? 'finetune' : 'adapter' },
  };
  const size = facts.parameters.toLocaleString('en-US');
  const made =
    base === undefined
      ? `A ${architecture} model with ${size} parameters, trained from random weights.`
      : adapter === undefined
        ? `All ${size} parameters of ${code(modelName(base))}, trained further.`
        : `A LoRA adapter of rank ${adapter.rank} for ${code(modelName(base))}.`;
  const dataLicence = dataCard?.data.license;
  const text = [
    '',
    CARD_MARKER,
    '',
    `# ${title}`,
    '',
    made,
    '',
    ...(base === undefined
      ? []
      : [
          section(
            'Base model',
            `${code(modelName(base))} (${architecture}), read from ${code(base)}.`,
            licenceText(base, { data }),
          ),
        ]),
    section(
      'Data',
      table(
        ['file', 'rows', 'bytes', 'sha256'],
        facts.files.map(({ path, rows, bytes, sha256 }) => [code(basename(path)), rows, bytes, code(sha256)]),
      ),
      [`From ${code(dataset)}; rows are ${code(facts.format)}.`, ...facts.use].join(' '),
      ...(dataLicence === undefined ? [] : [`Licence of the data: ${dataLicence}.`]),
    ),
    section('Recipe', figures(facts.recipe, 'setting')),
    section('Hardware', figures(facts.hardware, 'what')),
    section('Results', figures(facts.results, 'measure')),
    section('Intended use', INTENDED_USE, ...(base === undefined ? [licenceText(base, { data })] : [])),
    limits([
      'What it writes was not checked for truth, harm or bias; only the losses above were measured.',
      base === undefined
        ? 'It knows no more than the texts that it was trained on.'
        : 'The limits and biases of the base model and of the rows are its own too.',
      `Rows had at most ${facts.sequenceLength} tokens; longer texts are outside of what it has learnt.`,
      ...(facts.evaluation === undefined
        ? ['Nothing was held out, so nothing is known of texts that it has not seen.']
        : ['The evaluation rows are of the same source as the training rows; other texts will do worse.']),
    ]),
    loading(adapter !== undefined),
  ];
  return writeModelCardText({ data, text: text.join('\n') });
}

/** What is known of a merged model. */
export interface MergeFacts {
  readonly title: string;
  readonly base: string;
  readonly architecture: string;
  readonly adapterFolder: string;
  /** Of the adapter's weights, in hexadecimal. */
  readonly adapterSha256: string;
  readonly settings: LoraSettings;
  readonly mergedLayers: number;
  readonly storage: string;
}

/** The card of a merged model: what its adapter's card tells of the training holds for it. */
export async function writeMergedCard(facts: MergeFacts, files: FileSystem): Promise<string> {
  const { title, base, architecture, adapterFolder, settings } = facts;
  const baseCard = await cardBeside(files, base);
  const beside = await cardBeside(files, adapterFolder);
  const adapterCard = beside?.text.includes(CARD_MARKER) === true ? beside : undefined;
  const known = adapterCard?.data;
  const data: HubCardData = {
    ...licenceOf(baseCard),
    base_model: [modelName(base)],
    library_name: 'transformers',
    pipeline_tag: 'text-generation',
    language: known?.language ?? baseCard?.data.language ?? [],
    datasets: known?.datasets ?? [],
    metrics: known?.metrics ?? [],
    tags: ['genai-toolkit', architecture],
    results: (known?.results ?? []).map((result) => ({ ...result, model_name: title })),
    others: { base_model_relation: 'finetune' },
  };
  const origin = ORIGIN_SECTIONS.flatMap((name) => sectionOf(adapterCard?.text ?? '', name) ?? []);
  const text = [
    '',
    CARD_MARKER,
    '',
    `# ${title}`,
    '',
    `${code(modelName(base))} with a LoRA adapter of rank ${settings.rank} added into ${facts.mergedLayers} of its layers; it needs no adapter.`,
    '',
    section(
      'Base model',
      `${code(modelName(base))} (${architecture}), read from ${code(base)}.`,
      licenceText(base, { data }),
    ),
    section(
      'Adapter',
      figures(
        {
          folder: code(adapterFolder),
          'sha256 of its weights': code(facts.adapterSha256),
          rank: settings.rank,
          alpha: settings.alpha,
          targets: typeof settings.targets === 'string' ? settings.targets : settings.targets.join(', '),
          scale: settings.rankStabilized ? 'alpha / √rank' : 'alpha / rank',
          'stored as': facts.storage,
        },
        'what',
      ),
      origin.length === 0
        ? 'Its folder has no card that tells how it was trained.'
        : 'The sections on data, recipe, hardware and results are those of the adapter, before it was merged.',
    ),
    ...origin,
    section('Intended use', INTENDED_USE),
    limits([
      'What it writes was not checked for truth, harm or bias.',
      'The limits and biases of the base model and of the rows are its own too.',
      ...(facts.storage === 'F32'
        ? []
        : [
            `Its weights are rounded to ${facts.storage}, so answers may differ in rare words from base and adapter together.`,
          ]),
    ]),
    loading(false),
  ];
  return writeModelCardText({ data, text: text.join('\n') });
}

/** A section of a card that was written here: from its heading to the next. */
function sectionOf(text: string, title: string): string | undefined {
  const start = text.indexOf(`\n## ${title}\n`);
  if (start < 0) return undefined;
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start + 1, end < 0 ? undefined : end);
}
