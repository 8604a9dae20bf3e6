import type { FileSystem } from '../../platform/file-system.js';
import { countParameters } from '../architectures/architecture.js';
import type { ModelSource } from '../generation/load-language-model.js';
import { writeModelCardText, type HubCardData } from '../model-cards/hugging-face-form.js';
import {
  CARD_MARKER,
  cardBeside,
  code,
  licenceOf,
  limits,
  modelName,
  section,
} from '../model-cards/written-card.js';
import type { ExportTarget } from './export-target.js';
import { MANIFEST_FILE } from './manifest.js';

/** What the card of an export tells. */
export interface ExportFacts {
  readonly source: ModelSource;
  readonly target: ExportTarget;
  readonly precision: string;
  readonly name: string;
  readonly entry: string;
  readonly adapterOnly: boolean;
  readonly notes: readonly string[];
}

/** The card of an exported model. */
export async function exportCard(facts: ExportFacts, files: FileSystem): Promise<string> {
  const { source, target, precision, name, entry, adapterOnly, notes } = facts;
  const { folder, adapterFolder, model } = source;
  const beside = await cardBeside(files, folder);
  const architecture = String(model.config['model_type']);
  const data: HubCardData = {
    ...licenceOf(beside),
    base_model: [modelName(folder)],
    library_name: target.library,
    pipeline_tag: 'text-generation',
    language: beside?.data.language ?? [],
    datasets: [],
    metrics: [],
    tags: ['genai-toolkit', architecture],
    results: [],
    others: { base_model_relation: adapterOnly ? 'adapter' : 'quantized' },
  };
  const size = countParameters(model.parameters).toLocaleString('en-US');
  const what = adapterOnly
    ? `A LoRA adapter for ${code(modelName(folder))}, to be put beside it.`
    : `${code(modelName(folder))} (${architecture}, ${size} parameters) for ${target.description}; weights as ${precision}.`;
  const adapterLine =
    adapterFolder === undefined || adapterOnly
      ? []
      : [`The adapter ${code(modelName(adapterFolder))} is added into the weights.`];
  const text = [
    '',
    CARD_MARKER,
    '',
    `# ${name}`,
    '',
    [what, ...adapterLine].join(' '),
    '',
    section(
      'How to run it',
      `\`\`\`${target.usage.language}\n${target.usage.text({ name, precision, entry })}\n\`\`\``,
    ),
    section(
      'How it was checked',
      `${code(MANIFEST_FILE)} names what it was made from, and the digest of every file. To hold it against its original, in its own runtime:`,
      `\`\`\`sh\ngenai deploy verify . --against ORIGINAL${adapterFolder === undefined ? '' : ' --adapter ADAPTER'}\n\`\`\``,
    ),
    limits([
      ...notes,
      'What it writes was not checked for truth, harm or bias; the limits of the original are its own too.',
    ]),
  ];
  return writeModelCardText({ data, text: text.join('\n') });
}
