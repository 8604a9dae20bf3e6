import type { SelectableModel } from './selectable-model.js';
import { followsInstructions } from './selectable-model.js';
import { MULTILINGUAL } from './languages.js';
import { mostExactFit, type Serving } from './serving-memory.js';

/** What models are wanted; what is absent does not matter. */
export interface CardFilters {
  readonly task?: string | undefined;
  readonly family?: string | undefined;
  /** `encoder`, `decoder`, `encoder-decoder`, or a `model_type`. */
  readonly arch?: string | undefined;
  readonly minParameters?: number | undefined;
  readonly maxParameters?: number | undefined;
  readonly minContext?: number | undefined;
  /** An id, or `commercial` for all that allow commercial use, on conditions or without. */
  readonly licence?: string | undefined;
  /** ISO 639 code. */
  readonly language?: string | undefined;
  /** Bytes that the model must fit into, in some format. */
  readonly capacityBytes?: number | undefined;
  readonly openWeights?: boolean | undefined;
  readonly instructionTuned?: boolean | undefined;
}

/** Stands for every licence that allows commercial use. */
export const COMMERCIAL = 'commercial';
/** Tokens for which memory is worked out where the user names none and the model takes more. */
const USUAL_CONTEXT = 4096;

/** How a model is run when only its size is asked for. */
export function usualServing({ card }: SelectableModel, context = USUAL_CONTEXT): Serving {
  return { context: Math.min(context, card.context), batch: 1 };
}

/** Whether a licence lets a product be built on the model. */
function allowsCommercialUse({ licence }: SelectableModel): boolean {
  return licence.commercialUse === 'yes' || licence.commercialUse === 'conditions';
}

/** Whether a model was trained on a language: named, one of more than are named or of a card that names none, or not. */
export function knowsLanguage({ card }: SelectableModel, code: string): 'named' | 'perhaps' | 'no' {
  if (card.languages.includes(code)) return 'named';
  return card.languages.length === 0 || card.languages.includes(MULTILINGUAL) ? 'perhaps' : 'no';
}

type Test = (model: SelectableModel) => boolean;

/** For each filter the models it keeps; `value` is never undefined. */
const TESTS: {
  readonly [Name in keyof Required<CardFilters>]: (
    value: NonNullable<CardFilters[Name]>,
    filters: CardFilters,
  ) => Test;
} = {
  task:
    (task) =>
    ({ card }) =>
      card.tasks.some((known) => known === task),
  family:
    (family) =>
    ({ card }) =>
      card.family.toLowerCase() === family.toLowerCase(),
  arch:
    (arch) =>
    ({ card }) =>
      card.kind === arch || card.config.model_type === arch,
  minParameters:
    (least) =>
    ({ card }) =>
      card.parameters >= least,
  maxParameters:
    (most) =>
    ({ card }) =>
      card.parameters <= most,
  minContext:
    (least) =>
    ({ card }) =>
      card.context >= least,
  licence: (id) => (model) => (id === COMMERCIAL ? allowsCommercialUse(model) : model.card.licence === id),
  language: (code) => (model) => knowsLanguage(model, code) !== 'no',
  capacityBytes: (bytes, filters) => (model) =>
    mostExactFit(model.memory, usualServing(model, filters.minContext), bytes) !== undefined,
  openWeights:
    (wanted) =>
    ({ card }) =>
      (card.weights === 'open') === wanted,
  instructionTuned:
    (wanted) =>
    ({ card }) =>
      followsInstructions(card) === wanted,
};

/** How many models one filter removes. */
export interface FilterEffect {
  readonly filter: keyof CardFilters;
  /** Models it removes, whatever the others do. */
  readonly excluded: number;
  /** Models that would be left without it. */
  readonly left_without: number;
}

/** The models that pass every filter, and what each filter did, the one that removes most first. */
export function filterModels(
  models: readonly SelectableModel[],
  filters: CardFilters,
): { readonly kept: SelectableModel[]; readonly effects: FilterEffect[] } {
  const names = (Object.keys(TESTS) as (keyof CardFilters)[]).filter((name) => filters[name] !== undefined);
  const passed = names.map((name) => {
    const test = (TESTS[name] as (value: unknown, filters: CardFilters) => Test)(filters[name], filters);
    return models.map(test);
  });
  const isKept = (index: number, except?: number): boolean =>
    passed.every((results, filter) => filter === except || results[index]);
  const effects = names.map((filter, position) => ({
    filter,
    excluded: passed[position]!.filter((result) => !result).length,
    left_without: models.filter((_, index) => isKept(index, position)).length,
  }));
  return {
    kept: models.filter((_, index) => isKept(index)),
    effects: effects.sort((a, b) => b.excluded - a.excluded),
  };
}
