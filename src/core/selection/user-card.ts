import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import { memoryModel } from '../memory/memory-model.js';
import { readModelStructure } from '../model-structures/index.js';
import type { SelectableCard } from './selectable-model.js';
import {
  readModelCardText,
  writeModelCardText,
  type HuggingFaceCard,
} from '../model-cards/hugging-face-form.js';
import type { PretrainingObjective, Task } from '../model-cards/model-card.js';
import { NO_LICENCE } from '../model-cards/other-licences.js';

const TASKS = [
  'text-generation',
  'text2text-generation',
  'text-classification',
  'token-classification',
  'fill-mask',
  'question-answering',
  'summarization',
  'translation',
  'sentence-similarity',
  'feature-extraction',
] as const satisfies readonly Task[];

const text = z.string().min(1).max(10_000);
const list = z.array(text).max(1000);

/** What a card says beyond the fields of the hub, under `genai` in its front matter. */
const ownSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'must be letters, digits, dots and dashes'),
  name: text,
  organisation: text,
  hugging_face_id: text.nullable(),
  folder: text.optional(),
  released: z.string().regex(/^(\d{4}(-\d{2})?|unknown)$/, 'must be a year, a year and a month, or unknown'),
  weights: z.enum(['open', 'gated', 'closed']),
  config: z.record(z.string(), z.unknown()).refine((config) => typeof config['model_type'] === 'string', {
    message: 'needs model_type',
  }),
  context: z.number().int().positive().optional(),
  training_tokens: z.number().int().positive().nullable(),
  training_data: text,
  tasks: z.array(z.enum(TASKS)).min(1),
  best_uses: list,
  limits: list,
  instruction_tuned: z.boolean(),
  note: text.optional(),
});

/** What of a user's card is not published fields of the hub. */
export type OwnFields = z.output<typeof ownSchema>;

const OBJECTIVES = {
  decoder: 'causal language modelling',
  encoder: 'masked language modelling',
  'encoder-decoder': 'denoising',
} as const satisfies Record<string, PretrainingObjective>;

/** The task of that name, if model cards know it. */
export function knownTask(name: string | undefined): Task | undefined {
  return TASKS.find((task) => task === name);
}

function spokenSize(parameters: number): string {
  const [scale, suffix] = parameters < 1e9 ? ([1e6, 'M'] as const) : ([1e9, 'B'] as const);
  const size = parameters / scale;
  return `${size < 10 ? Number(size.toFixed(1)) : Math.round(size)}${suffix}`;
}

function licenceOf({ license, license_name: name }: HuggingFaceCard['data']): string {
  if (license === undefined) return NO_LICENCE;
  return license === 'other' || license === 'unknown' ? (name ?? license) : license;
}

/**
 * The card that its own fields and those of the hub make. Size and kind are those of its configuration.
 *
 * @param where the file's path, for messages
 * @throws ToolkitError as `readModelStructure`
 */
export function userCard(own: OwnFields, { data }: HuggingFaceCard, where: string): SelectableCard {
  const structure = readModelStructure(own.config, where);
  const { parameters, activeParameters } = memoryModel(structure);
  const { kind, contextLength } = structure.shape;
  const modelType = String(own.config['model_type']);
  return {
    id: own.id,
    name: own.name,
    family: modelType,
    label: spokenSize(parameters),
    organisation: own.organisation,
    huggingFaceId: own.hugging_face_id,
    ...(own.folder !== undefined && { folder: own.folder }),
    released: own.released,
    weights: own.weights,
    kind,
    config: { ...own.config, model_type: modelType },
    parameters,
    parametersBasis: 'exact',
    ...(activeParameters !== parameters && { activeParameters }),
    context: own.context ?? contextLength,
    objective: OBJECTIVES[kind],
    trainingTokens: own.training_tokens,
    trainingData: own.training_data,
    licence: licenceOf(data),
    tasks: own.tasks,
    bestUses: own.best_uses,
    limits: own.limits,
    languages: data.language.map((code) => code.toLowerCase()),
    instructionTuned: own.instruction_tuned,
    sources: own.hugging_face_id === null ? [where] : [`https://huggingface.co/${own.hugging_face_id}`],
    ...(own.note !== undefined && { note: own.note }),
  };
}

/** Field of the front matter that holds what the hub has no field for. */
const OWN_FIELD = 'genai';

/** A user's card as a file: a model card of the hub with a field of our own. */
export function writeUserCard(own: OwnFields, published: HuggingFaceCard): string {
  const { data } = published;
  return writeModelCardText({
    ...published,
    data: { ...data, others: { ...data.others, [OWN_FIELD]: own } },
  });
}

/**
 * Reads a user's card.
 *
 * @throws ToolkitError `BAD_CHECKPOINT` with the file and field, for a card that was damaged
 */
export function readUserCard(content: string, where: string): SelectableCard {
  const card = readModelCardText(content, where);
  const result = ownSchema.safeParse(card.data.others[OWN_FIELD]);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ToolkitError(
      `${where}: ${[OWN_FIELD, ...issue!.path].join('.')}: ${issue!.message}`,
      'BAD_CHECKPOINT',
      'Mend the field, or make the card again with genai select add.',
      result.error,
    );
  }
  return userCard(result.data, card, where);
}
