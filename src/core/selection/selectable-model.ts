import { memoryModel, type MemoryModel } from '../memory/memory-model.js';
import type { Licence } from '../model-cards/licences.js';
import type { ModelCard } from '../model-cards/model-card.js';
import { describeLicence } from '../model-cards/other-licences.js';
import { readModelStructure } from '../model-structures/index.js';

/** Where a card comes from: built in, the project's folder, or the folder of all projects of the user. */
export type CardOrigin = 'toolkit' | 'project' | 'user';

/** A card that may be the user's own, under a licence of any name. */
export interface SelectableCard extends Omit<ModelCard, 'licence'> {
  readonly licence: string;
  /** Folder that holds the weights, of a model that lies on this machine. */
  readonly folder?: string;
}

/** A model that may be chosen. */
export interface SelectableModel {
  readonly card: SelectableCard;
  readonly licence: Licence;
  readonly origin: CardOrigin;
  /** What estimates must know of it; read from its configuration when it is first asked for. */
  readonly memory: MemoryModel;
}

/** A card with what follows from it. */
export function selectableModel(card: SelectableCard, origin: CardOrigin = 'toolkit'): SelectableModel {
  let memory: MemoryModel | undefined;
  return {
    card,
    origin,
    licence: describeLicence(card.licence),
    get memory() {
      memory ??= memoryModel(readModelStructure(card.config, card.id));
      return memory;
    },
  };
}

/** What names of repositories that follow instructions have in common. */
const INSTRUCTION_NAME = /(?:^|[-_.])(?:instruct|chat|it|bloomz|r1)(?:$|[-_.\d])/i;

type Prompted = Pick<SelectableCard, 'instructionTuned' | 'huggingFaceId' | 'variants'>;

/** The repository to prompt: that of the card if it follows instructions, else a variant that does. */
export function instructionRepository({
  instructionTuned,
  huggingFaceId,
  variants = [],
}: Prompted): string | undefined {
  if (instructionTuned) return huggingFaceId ?? undefined;
  return variants.find((variant) => INSTRUCTION_NAME.test(variant.slice(variant.indexOf('/') + 1)));
}

/** Whether the model, or a variant of it, has learnt to follow instructions. */
export function followsInstructions(card: Prompted): boolean {
  return card.instructionTuned || instructionRepository(card) !== undefined;
}

/** Whether its weights can be got at all. */
export function isAvailable({ weights, huggingFaceId, folder }: SelectableCard): boolean {
  return weights !== 'closed' && (huggingFaceId !== null || folder !== undefined);
}
