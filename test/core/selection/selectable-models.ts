import { loadModelCards } from '../../../src/core/model-cards/index.js';
import {
  selectableModel,
  type SelectableCard,
  type SelectableModel,
} from '../../../src/core/selection/selectable-model.js';

/** Every model that the toolkit knows. */
export const MODELS: readonly SelectableModel[] = (await loadModelCards()).map((card) =>
  selectableModel(card),
);

/** The one of that id. */
export function modelOf(id: string): SelectableModel {
  return MODELS.find(({ card }) => card.id === id)!;
}

/** A model like another, but for some fields of its card. */
export function changedModel(id: string, changes: Partial<SelectableCard>): SelectableModel {
  return selectableModel({ ...modelOf(id).card, ...changes });
}
