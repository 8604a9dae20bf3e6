import { z } from 'zod';
import type { Dtype } from '../../core/memory/dtype.js';
import type { Method } from '../../core/memory/training-options.js';
import { trainingMemory } from '../../core/memory/training-memory.js';
import type { MemoryModel } from '../../core/memory/memory-model.js';
import type { Licence } from '../../core/model-cards/licences.js';
import { usualServing } from '../../core/selection/filters.js';
import { usualTraining } from '../../core/selection/need.js';
import {
  instructionRepository,
  isAvailable,
  type SelectableModel,
} from '../../core/selection/selectable-model.js';
import { servingBytes, smallestDevices, type SmallestDevices } from '../../core/selection/serving-memory.js';
import { parseOptions } from '../parse-options.js';
import { findModel, loadModels, type CataloguePorts } from '../../core/selection/model-catalogue.js';
import { summarizeModel, type ModelSummary } from './model-summary.js';

const optionsSchema = z.object({ model: z.string().min(1, 'names no model') });

/** Options of {@link showModel}. */
export type ShowModelOptions = z.input<typeof optionsSchema>;

/** Formats shown: those of frameworks, and the usual one of llama.cpp. */
const SHOWN_FORMATS = ['bf16', 'int8', 'int4', 'Q4_K_M'] as const satisfies readonly Dtype[];
/** Ways to train it, dearest first. */
const SHOWN_METHODS = ['full', 'lora', 'qlora'] as const satisfies readonly Method[];

/** What something takes, and where it fits. */
export interface ShownMemory {
  readonly total_bytes: number;
  /** The smallest accelerators that hold it; `null` where eight of the largest do not. */
  readonly fits_on: SmallestDevices | null;
}

/** A licence as results have it. */
export interface ShownLicence {
  readonly id: string;
  readonly name: string;
  readonly commercial_use: Licence['commercialUse'];
  readonly derivatives: Licence['derivatives'];
  readonly notes: readonly string[];
  readonly source: string;
}

/** Everything that is known of a model, and what follows from it. */
export interface ModelDescription extends ModelSummary {
  readonly label: string;
  readonly parameters_basis: string;
  readonly variants: readonly string[];
  /** The repository to prompt; `null` where none follows instructions. */
  readonly instruction_repository: string | null;
  readonly objective: string;
  readonly training_data: string;
  readonly best_uses: readonly string[];
  readonly limits: readonly string[];
  readonly note: string | null;
  readonly sources: readonly string[];
  readonly licence_terms: ShownLicence;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether its weights can be got. */
  readonly available: boolean;
  /** Models to use instead, nearest first, where they cannot. */
  readonly stands_in: readonly string[];
  /** To run it, on one sequence of `serving_context` tokens. */
  readonly serving: readonly (ShownMemory & { readonly dtype: Dtype })[];
  readonly serving_context: number;
  /** To train it, on one sequence of `training_sequence` tokens at a time. */
  readonly training: readonly (ShownMemory & { readonly method: Method })[];
  readonly training_sequence: number;
}

function licenceTerms({ card, licence }: SelectableModel): ShownLicence {
  const { name, commercialUse, derivatives, notes, source } = licence;
  return { id: card.licence, name, commercial_use: commercialUse, derivatives, notes, source };
}

/** Devices that heads cannot be divided between hold nothing. */
function dividing(model: MemoryModel, bytesOnEach: (devices: number) => number): (devices: number) => number {
  return (devices) => (model.shape.heads % devices === 0 ? bytesOnEach(devices) : Infinity);
}

function servingMemory(model: SelectableModel, dtype: Dtype): ShownMemory {
  const serving = usualServing(model);
  const bytesOnEach = (gpus: number): number => servingBytes(model.memory, dtype, { ...serving, gpus });
  return {
    total_bytes: bytesOnEach(1),
    fits_on: smallestDevices(dividing(model.memory, bytesOnEach)) ?? null,
  };
}

function methodMemory(model: SelectableModel, method: Method): ShownMemory {
  const bytesOnEach = (devices: number): number =>
    trainingMemory(model.memory, usualTraining(model, method, { devices })).total_bytes;
  return { total_bytes: bytesOnEach(1), fits_on: smallestDevices(bytesOnEach) ?? null };
}

/** What a card says, and what a model of its shape takes. */
export function describeModel(model: SelectableModel): ModelDescription {
  const { card } = model;
  return {
    ...summarizeModel(model),
    label: card.label,
    parameters_basis: card.parametersBasis,
    variants: card.variants ?? [],
    instruction_repository: instructionRepository(card) ?? null,
    objective: card.objective,
    training_data: card.trainingData,
    best_uses: card.bestUses,
    limits: card.limits,
    note: card.note ?? null,
    sources: card.sources,
    licence_terms: licenceTerms(model),
    config: card.config,
    available: isAvailable(card),
    stands_in: card.standsIn ?? [],
    serving: SHOWN_FORMATS.map((dtype) => ({ dtype, ...servingMemory(model, dtype) })),
    serving_context: usualServing(model).context,
    training: SHOWN_METHODS.map((method) => ({ method, ...methodMemory(model, method) })),
    training_sequence: usualTraining(model, 'full').sequence,
  };
}

/**
 * Shows what is known of a model, and what it takes to run and to train it.
 *
 * @throws ToolkitError `NOT_FOUND` for a model that is not known, with the nearest
 */
export async function showModel(options: ShowModelOptions, ports: CataloguePorts): Promise<ModelDescription> {
  const { model: name } = parseOptions(optionsSchema, options);
  return describeModel(await findModel(name, await loadModels(ports)));
}
