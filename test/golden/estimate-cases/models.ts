import type { ModelStructure } from '../../../src/core/architectures/index.js';
import { countParameters } from '../../../src/core/architectures/index.js';
import { memoryModel, typicalModel, type MemoryModel } from '../../../src/core/memory/index.js';
import { findModelCard, loadModelCards, type ModelCard } from '../../../src/core/model-cards/index.js';
import { MODEL_TYPES, readModelStructure } from '../../../src/core/model-structures/index.js';
import { Unanswered, type CaseInput } from './case-input.js';

/** A card and what its configuration describes; its printed count is never used. */
export interface CardModel {
  readonly card: ModelCard;
  readonly structure: ModelStructure;
  readonly count: number;
}

let all: Promise<readonly CardModel[]> | undefined;

/** Every card with its weights listed, once. */
export function cardModels(): Promise<readonly CardModel[]> {
  all ??= loadModelCards().then((cards) =>
    cards.map((card) => {
      const structure = readModelStructure(card.config);
      return { card, structure, count: countParameters(structure.parameters) };
    }),
  );
  return all;
}

/** The model of a name. */
export async function structureNamed(name: string): Promise<ModelStructure> {
  const card = await findModelCard(name);
  if (card !== undefined) return readModelStructure(card.config);
  // A family of one model has that model's sizes as its defaults: MiniMax-M2.
  const modelType = name.toLowerCase().replaceAll(/[-. ]/g, '_');
  if (MODEL_TYPES.includes(modelType)) return readModelStructure({ model_type: modelType });
  throw new Unanswered(`the model ${name}: it has no card`);
}

export async function modelNamed(name: string): Promise<MemoryModel> {
  return memoryModel(await structureNamed(name));
}

/** The published model of exactly this many parameters, else the usual shape of that size. */
export async function modelOfCount(parameters: number): Promise<MemoryModel> {
  const found = (await cardModels()).find(({ count }) => count === parameters);
  return found === undefined ? typicalModel(parameters) : memoryModel(found.structure);
}

/** The model of a case: by name, or by its parameters. */
export async function modelOf(input: CaseInput): Promise<MemoryModel> {
  if (!input.has('model')) return modelOfCount(input.number('params', 'parameters'));
  input.pass('params');
  return modelNamed(input.text('model'));
}
