import type { Contender } from './contender.js';
import { CRITERIA, type Criterion, type Mark } from './criteria.js';
import { EXCLUSION_RULES } from './exclusion-rules.js';
import { neededMemory, type NeededMemory, type SelectionNeed } from './need.js';
import type { SelectableModel } from './selectable-model.js';

/** What one criterion gave a model. */
export interface WeighedMark extends Mark {
  readonly criterion: string;
  readonly weight: number;
}

/** A model that may be used, with what speaks for it. */
export interface RankedModel {
  readonly model: SelectableModel;
  readonly memory: NeededMemory;
  /** Mean of the marks by their weights, from 0 to 1. */
  readonly score: number;
  /** The criterion that adds most first. */
  readonly marks: readonly WeighedMark[];
}

/** A model that may not, with everything that rules it out. */
export interface ExcludedModel {
  readonly model: SelectableModel;
  readonly reasons: readonly { readonly rule: string; readonly reason: string }[];
}

/** All models, those that may be used in the order in which they should be tried. */
export interface Recommendation {
  readonly ranked: readonly RankedModel[];
  readonly excluded: readonly ExcludedModel[];
}

function weightOf({ weights }: Criterion, { approach }: SelectionNeed): number {
  return approach === 'prompt' ? weights.prompted : weights.trained;
}

/** Everything that rules a model out; nothing for one that may be used. */
export function reasonsAgainst(contender: Contender): ExcludedModel['reasons'] {
  return EXCLUSION_RULES.flatMap((rule) => {
    const reason = rule.excludes(contender);
    return reason === undefined ? [] : [{ rule: rule.id, reason }];
  });
}

function rank(contender: Contender): RankedModel {
  const { model, memory, need } = contender;
  const marks = CRITERIA.map((criterion) => ({
    criterion: criterion.id,
    weight: weightOf(criterion, need),
    ...criterion.mark(contender),
  }));
  const total = marks.reduce((sum, { weight }) => sum + weight, 0);
  const score = marks.reduce((sum, { weight, score }) => sum + weight * score, 0) / total;
  marks.sort((a, b) => b.weight * b.score - a.weight * a.score);
  return { model, memory, score, marks };
}

/**
 * Ranks the models that can do what is needed, and says of every other what rules it out. Of equals the smaller stands
 * first.
 *
 * @throws ToolkitError as `trainingMemory`, for a need that makes no sense
 */
export function recommendModels(models: readonly SelectableModel[], need: SelectionNeed): Recommendation {
  const ranked: RankedModel[] = [];
  const excluded: ExcludedModel[] = [];
  for (const model of models) {
    const contender = { model, need, memory: neededMemory(model, need) };
    const reasons = reasonsAgainst(contender);
    if (reasons.length > 0) excluded.push({ model, reasons });
    else ranked.push(rank(contender));
  }
  ranked.sort((a, b) => b.score - a.score || a.model.card.parameters - b.model.card.parameters);
  return { ranked, excluded };
}
