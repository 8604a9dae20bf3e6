import type { Dtype } from '../memory/dtype.js';
import { trainingMemory } from '../memory/training-memory.js';
import { TRAINING_DEFAULTS, type Method, type TrainingOptions } from '../memory/training-options.js';
import { scopeTask, type ScopeTaskName } from '../scope/tasks.js';
import type { SelectableModel } from './selectable-model.js';
import { mostExactFit, servingBytes, SERVING_FORMATS, type FormatMemory } from './serving-memory.js';

/** How the model will be made to do its task: by the prompt alone, or by training. */
export const APPROACHES = ['prompt', 'lora', 'qlora', 'full'] as const;
export type Approach = (typeof APPROACHES)[number];

/** What a model is chosen for. */
export interface SelectionNeed {
  readonly task: ScopeTaskName;
  readonly approach: Approach;
  /** ISO 639 codes, all of which it must know. */
  readonly languages: readonly string[];
  /** Tokens of one sequence, prompt and completion together. */
  readonly context: number;
  /** Sequences at once. */
  readonly batch: number;
  readonly commercialUse: boolean;
  /** Whether changed weights will be passed on. */
  readonly derivatives: boolean;
  /** The id that the licence must have. */
  readonly licence?: string | undefined;
  /** Whether weights must be there for everyone, without asking. */
  readonly openWeights: boolean;
  /** Field that the texts come from, in a word or two. */
  readonly domain?: string | undefined;
  /** Memory of each device. */
  readonly capacityBytes: number;
  readonly devices: number;
  /** Formats allowed, the most exact first. */
  readonly formats: readonly Dtype[];
  readonly maxParameters?: number | undefined;
  /** Least speed of one answer. */
  readonly tokensPerSecond?: number | undefined;
  /** Of each device's memory, where it is known. */
  readonly bytesPerSecond?: number | undefined;
}

/** How a task is usually approached first: labels and vectors need trained weights, and text a prompt. */
export function usualApproach(task: ScopeTaskName): Approach {
  return scopeTask(task).generates ? 'prompt' : 'lora';
}

/** Tasks on a sentence or a paragraph at a time, which is what their models were made for. */
const SHORT_TASKS: readonly ScopeTaskName[] = [
  'text-classification',
  'token-classification',
  'sentence-similarity',
  'translation',
];
const SHORT_CONTEXT = 512;
const LONG_CONTEXT = 2048;

/** Tokens of a sequence where nobody says how long the texts are. */
export function usualContext(task: ScopeTaskName): number {
  return SHORT_TASKS.includes(task) ? SHORT_CONTEXT : LONG_CONTEXT;
}

/** The need where nothing but the task is known: research on one sequence at a time. */
export const NEED_DEFAULTS = {
  languages: [],
  batch: 1,
  commercialUse: false,
  derivatives: false,
  openWeights: false,
  devices: 1,
  formats: SERVING_FORMATS,
} as const satisfies Partial<SelectionNeed>;

/** Longest sequence that training is usually given, where the context is longer. */
const TRAINING_SEQUENCE = 2048;

/** How a model is trained where only the method is said: one example at a time, blocks computed twice. */
export function usualTraining(
  { card }: SelectableModel,
  method: Method,
  { context = TRAINING_SEQUENCE, devices = 1 }: { context?: number; devices?: number } = {},
): TrainingOptions {
  return {
    ...TRAINING_DEFAULTS,
    method,
    dtype: method === 'qlora' ? 'nf4' : 'bf16',
    recompute: 'full',
    sequence: Math.min(context, card.context, TRAINING_SEQUENCE),
    gpus: devices,
    strategy: devices > 1 ? 'fsdp' : 'ddp',
  };
}

/** Memory that a need takes, on each device. */
export interface NeededMemory {
  /** The most exact format that fits; the least exact one where none does. */
  readonly serving: FormatMemory;
  readonly serving_fits: boolean;
  /** `null` where nothing is trained. */
  readonly training_bytes: number | null;
  readonly training_fits: boolean;
}

/** Of so many devices as many as the heads of attention can be divided between. */
function dividingDevices({ memory: { shape } }: SelectableModel, devices: number): number {
  let count = Math.min(devices, shape.heads);
  while (shape.heads % count !== 0) count--;
  return count;
}

/** What a model takes to do what is needed, worked out by the estimators. */
export function neededMemory(model: SelectableModel, need: SelectionNeed): NeededMemory {
  const { context, batch, devices, capacityBytes, formats, approach } = need;
  const serving = { context, batch, gpus: dividingDevices(model, devices) };
  const fitting = mostExactFit(model.memory, serving, capacityBytes, formats);
  const narrowest = formats.at(-1) ?? 'bf16';
  const training =
    approach === 'prompt'
      ? null
      : trainingMemory(model.memory, usualTraining(model, approach, { context, devices })).total_bytes;
  return {
    serving: fitting ?? {
      dtype: narrowest,
      total_bytes: servingBytes(model.memory, narrowest, serving),
    },
    serving_fits: fitting !== undefined,
    training_bytes: training,
    training_fits: training === null || training <= capacityBytes,
  };
}
