import { basename, resolve } from 'node:path';
import type { Model } from '../../core/architectures/architecture.js';
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
import { otherBlocks, type QuantizeResult } from './quantize-result.js';

/** Layers named in a card. */
const SHOWN_LAYERS = 5;

/** What is known of a model: all of it only once it is written and measured. */
export type CardFacts = Omit<
  QuantizeResult,
  'bytes_before' | 'bytes_after' | 'bits_per_weight' | 'evaluation'
> &
  Partial<QuantizeResult>;

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

const NUMBERS: Readonly<Record<QuantizeResult['to'], string>> = {
  fp16: 'float16',
  bf16: 'bfloat16',
  int8: 'integers of 8 bits',
  'int8-dynamic': 'integers of 8 bits, activations too while it runs',
  int4: 'integers of 4 bits',
};

/** The card of a quantised model. */
export async function writeQuantizedCard(facts: CardFacts, model: Model, files: FileSystem): Promise<string> {
  const title = basename(resolve(facts.output_dir));
  const base = await cardBeside(files, facts.model);
  const architecture = String(model.config['model_type']);
  const measured = facts.evaluation ?? undefined;
  const results = (measured?.metrics ?? []).map(({ metric, after }): EvaluationResult => ({
    model_name: title,
    task_type: 'text-generation',
    dataset_type: basename(measured!.path),
    dataset_name: basename(measured!.path),
    metric_type: metric,
    metric_value: after.value,
  }));
  const data: HubCardData = {
    ...licenceOf(base),
    base_model: [modelName(facts.model)],
    library_name: 'transformers',
    pipeline_tag: 'text-generation',
    language: base?.data.language ?? [],
    datasets: [],
    metrics: results.map(({ metric_type }) => metric_type),
    tags: ['genai-toolkit', architecture, ...(facts.method === null ? [] : ['compressed-tensors'])],
    results,
    others: { base_model_relation: 'quantized' },
  };
  const text = [
    '',
    CARD_MARKER,
    '',
    `# ${title}`,
    '',
    `${code(modelName(facts.model))} with its weights in ${NUMBERS[facts.to]}.`,
    '',
    section('Base model', `${code(modelName(facts.model))} (${architecture}). ${licenceText(data)}`),
    section('Recipe', figures(recipe(facts), 'setting')),
    ...(measured === undefined ? [] : [resultsSection(measured, facts)]),
    ...(facts.layers.length === 0 ? [] : [lossSection(facts)]),
    limits([
      'What it writes was not checked for truth, harm or bias; the limits of the base model are its own too.',
      measured === undefined
        ? 'What quantising costs it was not measured.'
        : 'What quantising costs it was measured on the rows above; other texts may lose more.',
    ]),
    loading(facts),
  ];
  return writeModelCardText({ data, text: text.join('\n') });
}

function licenceText({ license, license_name }: HubCardData): string {
  const name = license_name ?? license;
  return name === undefined
    ? 'Its licence is not named in its card; it applies.'
    : `Its licence (${name}) applies.`;
}

function recipe(facts: CardFacts): Record<string, Cell> {
  const { method, block_size: block, calibration, kept_layers: kept, bits_per_weight: bits } = facts;
  return {
    weights: NUMBERS[facts.to],
    ...(method !== null && {
      method,
      'one scale for':
        block === null ? 'each row' : [`${block} weights`, otherBlocks(facts)].filter(Boolean).join('; '),
      'zero points': facts.zero_points ? 'one for each scale' : 'none',
      layers: facts.quantized_layers,
      'layers kept': kept.map(({ module }) => module).join(', ') || 'none',
      'all else in': facts.storage,
    }),
    ...(calibration !== null && {
      'calibrated on': `${calibration.texts} texts (${calibration.tokens} tokens) of ${basename(calibration.path)}`,
    }),
    ...(facts.bytes_after !== undefined &&
      facts.bytes_before !== undefined && {
        'bytes of weights': `${facts.bytes_after} (before: ${facts.bytes_before})`,
      }),
    ...(bits !== undefined && { 'bits per weight': Number(bits.toFixed(2)) }),
  };
}

function resultsSection(
  { path, rows, sha256, metrics }: NonNullable<QuantizeResult['evaluation']>,
  { to }: Pick<CardFacts, 'to'>,
): string {
  const activations = to === 'int8-dynamic' ? ', after it with activations rounded to 8 bits' : '';
  const cell = ({ value, low, high }: { value: number; low: number | null; high: number | null }): string =>
    low === null || high === null
      ? value.toPrecision(4)
      : `${value.toPrecision(4)} (${low.toPrecision(4)} to ${high.toPrecision(4)})`;
  return section(
    'Results',
    table(
      ['metric', 'before', 'after'],
      metrics.map(({ metric, before, after }) => [metric, cell(before), cell(after)]),
    ),
    `On ${rows} rows of ${code(basename(path))} (sha256 ${code(sha256)}), with intervals of 95 %${activations}.`,
  );
}

function lossSection({ layers, errors_of: what }: CardFacts): string {
  return section(
    'Layers that lose most',
    table(
      ['layer', 'error'],
      layers.slice(0, SHOWN_LAYERS).map(({ module, error }) => [code(module), percent(error)]),
    ),
    what === 'outputs'
      ? 'Root mean square of the error of a layer’s output, as a share of the output, over the texts calibrated on.'
      : 'Root mean square of the error of a layer’s weights, as a share of the weights.',
  );
}

function loading({ method, zero_points: zeroPoints }: CardFacts): string {
  const python = [
    `from transformers import AutoModelForCausalLM, AutoTokenizer${zeroPoints ? ', CompressedTensorsConfig' : ''}`,
    '',
    zeroPoints
      ? 'model = AutoModelForCausalLM.from_pretrained(".", quantization_config=CompressedTensorsConfig(dequantize=True))'
      : 'model = AutoModelForCausalLM.from_pretrained(".")',
    'tokenizer = AutoTokenizer.from_pretrained(".")',
  ];
  return section(
    'How to load it',
    'In this folder, with genai-toolkit:',
    '```sh\ngenai generate . --prompt "…"\n```',
    `In Python, with transformers${method === null ? '' : ' and compressed-tensors'}:`,
    `\`\`\`python\n${python.join('\n')}\n\`\`\``,
  );
}
