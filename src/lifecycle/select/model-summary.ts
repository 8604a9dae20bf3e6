import type { Permission } from '../../core/model-cards/licences.js';
import { followsInstructions, type SelectableModel } from '../../core/selection/selectable-model.js';

/** What a list says of a model. */
export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly organisation: string;
  readonly hugging_face_id: string | null;
  readonly origin: SelectableModel['origin'];
  readonly kind: 'encoder' | 'decoder' | 'encoder-decoder';
  readonly model_type: string;
  readonly parameters: number;
  readonly active_parameters: number;
  readonly context: number;
  readonly weights: 'open' | 'gated' | 'closed';
  readonly licence: string;
  readonly commercial_use: Permission;
  readonly released: string;
  readonly training_tokens: number | null;
  readonly instruction_tuned: boolean;
  readonly tasks: readonly string[];
  readonly languages: readonly string[];
}

/** A model as a list has it. */
export function summarizeModel({ card, licence, origin }: SelectableModel): ModelSummary {
  return {
    id: card.id,
    name: card.name,
    family: card.family,
    organisation: card.organisation,
    hugging_face_id: card.huggingFaceId,
    origin,
    kind: card.kind,
    model_type: card.config.model_type,
    parameters: card.parameters,
    active_parameters: card.activeParameters ?? card.parameters,
    context: card.context,
    weights: card.weights,
    licence: card.licence,
    commercial_use: licence.commercialUse,
    released: card.released,
    training_tokens: card.trainingTokens,
    instruction_tuned: followsInstructions(card),
    tasks: card.tasks,
    languages: card.languages,
  };
}
