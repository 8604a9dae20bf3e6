import type { Contender } from './contender.js';
import { knowsLanguage } from './filters.js';
import { languageName } from './languages.js';
import { isAvailable } from './selectable-model.js';
import { fastestTokensPerSecond } from './serving-memory.js';
import { KIND_ABILITIES, SUITABILITY } from './suitability.js';

/** Something that rules a model out, whatever else speaks for it. */
export interface ExclusionRule {
  readonly id: string;
  /** What it looks at, as a heading for the models it rules out. */
  readonly title: string;
  /** Why this model is out; `undefined` where it is not. */
  excludes(contender: Contender): string | undefined;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
const count = (number: number): string => number.toLocaleString('en-US');

/** Every reason for which a model is never recommended. */
export const EXCLUSION_RULES: readonly ExclusionRule[] = [
  {
    id: 'weights',
    title: 'weights that cannot be had',
    excludes({ model: { card } }) {
      if (card.weights === 'closed') return 'its weights were never given out';
      return isAvailable(card) ? undefined : 'its weights are on no hub';
    },
  },
  {
    id: 'gated',
    title: 'weights that must be asked for',
    excludes: ({ model: { card }, need }) =>
      need.openWeights && card.weights === 'gated'
        ? 'its weights are given to those who accept its terms'
        : undefined,
  },
  {
    id: 'commercial-use',
    title: 'a licence without commercial use',
    excludes({ model: { licence }, need }) {
      if (!need.commercialUse) return undefined;
      if (licence.commercialUse === 'no') return `${licence.name} forbids commercial use`;
      return licence.commercialUse === 'unknown'
        ? `whether ${licence.name} allows commercial use is not known`
        : undefined;
    },
  },
  {
    id: 'derivatives',
    title: 'a licence against passing on changed weights',
    excludes({ model: { licence }, need }) {
      if (!need.derivatives) return undefined;
      if (licence.derivatives === 'no') return `${licence.name} forbids passing on changed weights`;
      return licence.derivatives === 'unknown'
        ? `whether ${licence.name} allows changed weights to be passed on is not known`
        : undefined;
    },
  },
  {
    id: 'licence',
    title: 'another licence',
    excludes: ({ model: { card }, need }) =>
      need.licence === undefined || card.licence === need.licence
        ? undefined
        : `its licence is ${card.licence}, not ${need.licence}`,
  },
  {
    id: 'architecture',
    title: 'an architecture that cannot do the task',
    excludes({ model: { card }, need }) {
      if (SUITABILITY[need.task][card.kind] === 'cannot do it') return KIND_ABILITIES[card.kind];
      return card.kind === 'encoder' && need.approach === 'prompt'
        ? 'an encoder cannot be prompted: it needs a head that is trained for the task'
        : undefined;
    },
  },
  {
    id: 'language',
    title: 'languages it was not trained on',
    excludes({ model, need }) {
      const missing = need.languages.filter((code) => knowsLanguage(model, code) === 'no');
      return missing.length === 0 ? undefined : `not trained on ${missing.map(languageName).join(', ')}`;
    },
  },
  {
    id: 'context',
    title: 'a context that is too short',
    excludes: ({ model: { card }, need }) =>
      card.context >= need.context
        ? undefined
        : `takes ${count(card.context)} tokens, of ${count(need.context)} that are needed`,
  },
  {
    id: 'size',
    title: 'more parameters than wanted',
    excludes: ({ model: { card }, need: { maxParameters } }) =>
      maxParameters === undefined || card.parameters <= maxParameters
        ? undefined
        : `has ${count(card.parameters)} parameters, of ${count(maxParameters)} at most`,
  },
  {
    id: 'memory',
    title: 'more memory to run than there is',
    excludes: ({ memory: { serving, serving_fits: fits }, need }) =>
      fits
        ? undefined
        : `needs ${gigabytes(serving.total_bytes)} even in ${serving.dtype}, of ${gigabytes(need.capacityBytes)}`,
  },
  {
    id: 'training-memory',
    title: 'more memory to train than there is',
    excludes: ({ memory: { training_bytes: bytes, training_fits: fits }, need }) =>
      fits || bytes === null
        ? undefined
        : `needs ${gigabytes(bytes)} to be trained (${need.approach}), of ${gigabytes(need.capacityBytes)}`,
  },
  {
    id: 'speed',
    title: 'answers that are slower than wanted',
    excludes({ model, memory: { serving }, need }) {
      const { tokensPerSecond: wanted, bytesPerSecond: bandwidth, devices } = need;
      if (wanted === undefined || bandwidth === undefined) return undefined;
      const fastest = fastestTokensPerSecond(model.memory, serving.dtype, bandwidth * devices);
      return fastest >= wanted
        ? undefined
        : `writes at most ${fastest.toFixed(1)} tokens a second, of ${wanted} that are wanted`;
    },
  },
];
