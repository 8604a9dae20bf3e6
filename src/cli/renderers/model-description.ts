import { languageName, MULTILINGUAL } from '../../core/selection/languages.js';
import type { SmallestDevices } from '../../core/selection/serving-memory.js';
import type { ModelDescription, ShownLicence } from '../../lifecycle/select/show.js';
import { formatBytes, formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';

/** Most names of languages that are written out. */
const MOST_LANGUAGES = 12;
const MOST_DEVICE_NAMES = 4;

const PERMISSIONS = {
  yes: 'allowed',
  conditions: 'allowed on conditions',
  no: 'forbidden',
  unknown: 'not known: read the licence',
} as const;

/** Languages by name, the many shortened. */
export function languagesText(codes: readonly string[]): string {
  if (codes.length === 0) return 'not said';
  const names = codes.filter((code) => code !== MULTILINGUAL).map(languageName);
  const shown = names.slice(0, MOST_LANGUAGES);
  const others = names.length - shown.length;
  const more = [
    ...(others > 0 ? [`${others} more`] : []),
    ...(codes.includes(MULTILINGUAL) ? ['others that are not named'] : []),
  ];
  return [...shown, ...more].join(', ');
}

/** Devices that hold something: `RTX 4090 24GB, L4`, or `2 × H100 SXM`. */
export function devicesText(devices: SmallestDevices | null): string {
  if (devices === null) return 'more than eight of the largest';
  const { names, count } = devices;
  const shown = names.slice(0, MOST_DEVICE_NAMES);
  const others = names.length - shown.length;
  const list = `${shown.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
  return count === 1 ? list : `${count} × ${list}`;
}

/** What a licence allows, in a sentence. */
function licenceText({ name, commercial_use: use, derivatives, notes }: ShownLicence): string {
  return `${name}: commercial use ${PERMISSIONS[use]}; passing on changed weights ${PERMISSIONS[derivatives]}. ${notes.join('; ')}.`;
}

function weightsText({ weights, hugging_face_id: id, available }: ModelDescription): string {
  if (weights === 'closed') return 'closed: never given out';
  if (!available) return 'on no hub';
  return `${weights === 'open' ? 'open' : 'gated: given to those who accept its terms'}${id === null ? '' : `, ${id}`}`;
}

/** What the card says, a line for each field. */
export function cardRows(model: ModelDescription): string[][] {
  const active =
    model.active_parameters === model.parameters
      ? ''
      : `, ${formatParameters(model.active_parameters)} for each token`;
  const rows: (readonly [string, string])[] = [
    ['by', `${model.organisation}, ${model.released === 'unknown' ? 'date not known' : model.released}`],
    ['architecture', `${model.kind} (${model.model_type}), pre-trained by ${model.objective}`],
    ['parameters', `${formatCount(model.parameters)} (${model.parameters_basis})${active}`],
    ['context', `${formatCount(model.context)} tokens`],
    ['weights', weightsText(model)],
    ['instructions', model.instruction_repository ?? (model.instruction_tuned ? 'yes' : 'no: a base model')],
    ['trained on', model.training_data],
    [
      'tokens seen',
      model.training_tokens === null ? 'not published' : formatParameters(model.training_tokens),
    ],
    ['languages', languagesText(model.languages)],
    ['tasks', model.tasks.join(', ')],
    ['best for', model.best_uses.join('; ')],
    ['limits', model.limits.join('; ')],
    ['licence', licenceText(model.licence_terms)],
    ['note', model.note ?? ''],
  ];
  return rows.filter(([, text]) => text !== '').map((row) => [...row]);
}

/** Columns of a card, under the model's name. */
export function cardColumns({ name }: ModelDescription): Column[] {
  return [{ title: name }, { title: '' }];
}

export const MEMORY_COLUMNS: readonly Column[] = [
  { title: 'To' },
  { title: 'memory', align: 'right' },
  { title: 'smallest accelerators' },
];

const METHOD_WORDS = {
  full: 'train every weight',
  lora: 'train LoRA adapters',
  qlora: 'train LoRA on 4 bits (QLoRA)',
};

/** What it takes to run and to train it. */
export function memoryRows({ serving, training }: ModelDescription): string[][] {
  return [
    ...serving.map(({ dtype, total_bytes: bytes, fits_on: devices }) => [
      `run in ${dtype}`,
      formatBytes(bytes),
      devicesText(devices),
    ]),
    ...training.map(({ method, total_bytes: bytes, fits_on: devices }) => [
      METHOD_WORDS[method],
      formatBytes(bytes),
      devicesText(devices),
    ]),
  ];
}

/** What is said below the tables. */
export function descriptionRemarks(model: ModelDescription): string[] {
  const remarks = [
    `Memory: to run one sequence of ${formatCount(model.serving_context)} tokens; to train one of ${formatCount(model.training_sequence)} at a time, with gradient checkpointing.`,
  ];
  if (!model.available) {
    const instead = model.stands_in.length > 0 ? ` In its place: ${model.stands_in.join(', ')}.` : '';
    remarks.push(`Its weights cannot be had: the figures are of its published shape.${instead}`);
  }
  remarks.push(`Sources: ${[...model.sources, model.licence_terms.source].join('; ')}.`);
  return remarks;
}
