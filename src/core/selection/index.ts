/** Choosing a model: what rules one out, what speaks for it, and what else there is to do than to choose. */
export {
  readModelCardText,
  writeModelCardText,
  type EvaluationResult,
  type HubCardData,
  type HuggingFaceCard,
} from '../model-cards/hugging-face-form.js';
export { CRITERIA, type Criterion, type Mark } from './criteria.js';
export type { Contender } from './contender.js';
export { EXCLUSION_RULES, type ExclusionRule } from './exclusion-rules.js';
export { filterModels, type CardFilters, type FilterEffect } from './filters.js';
export {
  APPROACHES,
  NEED_DEFAULTS,
  neededMemory,
  usualApproach,
  usualContext,
  type Approach,
  type NeededMemory,
  type SelectionNeed,
} from './need.js';
export {
  recommendModels,
  reasonsAgainst,
  type ExcludedModel,
  type RankedModel,
  type Recommendation,
  type WeighedMark,
} from './recommend.js';
export {
  selectableModel,
  type CardOrigin,
  type SelectableCard,
  type SelectableModel,
} from './selectable-model.js';
export { fastestTokensPerSecond, smallestDevices, type SmallestDevices } from './serving-memory.js';
export { SUITABILITY, type Suitability } from './suitability.js';
export { readUserCard, writeUserCard, type OwnFields } from './user-card.js';
export { WAYS, wayTo, type Way, type WayData, type WayId, type WayMachine } from './ways.js';
