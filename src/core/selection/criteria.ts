import { assessTraining } from '../scaling-laws/assessment.js';
import { EPOCH } from '../scaling-laws/laws.js';
import { scopeTask } from '../scope/tasks.js';
import type { Contender } from './contender.js';
import { knowsLanguage } from './filters.js';
import { languageName } from './languages.js';
import { followsInstructions } from './selectable-model.js';
import { KIND_ABILITIES, SUITABILITY, SUITABILITY_SCORES } from './suitability.js';

/** How well a model does on one criterion, from 0 to 1, and why. */
export interface Mark {
  readonly score: number;
  readonly reason: string;
}

/** One thing that speaks for or against a model. */
export interface Criterion {
  readonly id: string;
  readonly question: string;
  /** How much it counts where the model is prompted, and where it is trained. */
  readonly weights: { readonly prompted: number; readonly trained: number };
  /** Who says that it matters. */
  readonly source: string;
  mark(contender: Contender): Mark;
}

/** Half of the marks, for what is not known. */
const NOT_KNOWN = 0.5;

/** Sizes between which more parameters count: below, models do not follow prompts; above, few can run them. */
const SIZE_RANGE = { smallest: 1e8, largest: 1e11 };

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const billions = (parameters: number): string =>
  parameters < 1e9 ? `${Math.round(parameters / 1e6)}M` : `${Number((parameters / 1e9).toFixed(1))}B`;

/** How much quality a format costs: none that is measured in 8 bits, little in 4. */
const FORMAT_SCORES: Readonly<Record<string, number>> = { bf16: 1, int8: 0.95, int4: 0.75 };

/** What the ranking adds up, each from 0 to 1 and times its weight. */
export const CRITERIA: readonly Criterion[] = [
  {
    id: 'architecture',
    question: 'Was this architecture made for the task?',
    weights: { prompted: 2, trained: 4 },
    source:
      'BERT, arXiv 1810.04805; T5, arXiv 1910.10683; GPT-3, arXiv 2005.14165; compared in arXiv 2204.05832',
    mark({ model: { card }, need }) {
      const suitability = SUITABILITY[need.task][card.kind];
      return {
        score: SUITABILITY_SCORES[suitability],
        reason: `${KIND_ABILITIES[card.kind]}: ${suitability}`,
      };
    },
  },
  {
    id: 'task',
    question: 'Does its card name the task?',
    weights: { prompted: 3, trained: 2 },
    source: 'Mitchell et al. 2019, Model Cards for Model Reporting, arXiv 1810.03993: intended use',
    mark({ model: { card }, need }) {
      const { hubTasks } = scopeTask(need.task);
      const position = hubTasks.findIndex((task) => card.tasks.includes(task));
      return position === -1
        ? { score: 0, reason: `its card does not name ${need.task}` }
        : { score: 1 - position / hubTasks.length, reason: `its card names ${hubTasks[position]!}` };
    },
  },
  {
    id: 'instructions',
    question: 'Has it learnt to follow instructions?',
    weights: { prompted: 3, trained: 1 },
    source:
      'InstructGPT, arXiv 2203.02155: people prefer 1.3B parameters with instructions to 175B without; FLAN, arXiv 2210.11416',
    mark({ model: { card } }) {
      if (card.instructionTuned) return { score: 1, reason: 'follows instructions' };
      return followsInstructions(card)
        ? { score: 1, reason: 'a variant of it follows instructions' }
        : { score: 0, reason: 'a base model, which has not learnt to follow instructions' };
    },
  },
  {
    id: 'size',
    question: 'How much can a model of this size do?',
    weights: { prompted: 3, trained: 1 },
    source:
      'Kaplan et al. 2020, arXiv 2001.08361: loss falls with the logarithm of size; small models that are fine-tuned do well on one task',
    mark({ model: { card } }) {
      const { smallest, largest } = SIZE_RANGE;
      const score = Math.log(card.parameters / smallest) / Math.log(largest / smallest);
      return {
        score: Math.min(1, Math.max(0, score)),
        reason: `${billions(card.parameters)} parameters`,
      };
    },
  },
  {
    id: 'languages',
    question: 'Do its makers name the languages?',
    weights: { prompted: 2, trained: 2 },
    source: 'arXiv 1810.03993; the multilingual comparisons of XLM-R, arXiv 1911.02116',
    mark({ model, need }) {
      if (need.languages.length === 0) return { score: 1, reason: 'no language is asked for' };
      const named = need.languages.filter((code) => knowsLanguage(model, code) === 'named');
      const score =
        (named.length + NOT_KNOWN * (need.languages.length - named.length)) / need.languages.length;
      return named.length === need.languages.length
        ? { score, reason: `trained on ${named.map(languageName).join(', ')}` }
        : { score, reason: 'multilingual, but not all languages are named' };
    },
  },
  {
    id: 'domain',
    question: 'Has it seen the domain?',
    weights: { prompted: 1, trained: 1 },
    source:
      'BloombergGPT, arXiv 2303.17564: half of the data from the domain lifts its tasks; arXiv 2004.10964',
    mark({ model: { card }, need: { domain } }) {
      if (domain === undefined) return { score: NOT_KNOWN, reason: 'no domain is named' };
      const told = [card.trainingData, ...card.bestUses].join(' ').toLowerCase();
      const words = domain.toLowerCase().split(/[^\p{L}\p{N}]+/u);
      return words.some((word) => word.length > 2 && told.includes(word))
        ? { score: 1, reason: `its card speaks of ${domain}` }
        : { score: 0, reason: `its card does not speak of ${domain}` };
    },
  },
  {
    id: 'training',
    question: 'Has it seen enough text for its size?',
    weights: { prompted: 2, trained: 2 },
    source: `Chinchilla, arXiv 2203.15556; tokens that are optimal by ${EPOCH.source}`,
    mark({ model }) {
      const { card } = model;
      if (card.kind !== 'decoder') {
        return { score: NOT_KNOWN, reason: 'the scaling laws were fitted on decoders' };
      }
      if (card.trainingTokens === null) {
        return { score: NOT_KNOWN, reason: 'how much text it has seen was not published' };
      }
      const parameters = card.activeParameters ?? card.parameters;
      const { token_ratio: ratio, verdict } = assessTraining(EPOCH, parameters, card.trainingTokens);
      const seen = `${Math.round(card.trainingTokens / parameters)} tokens for each parameter`;
      const judged =
        verdict === 'under-trained'
          ? `${percent(ratio.value)} of what is optimal`
          : verdict === 'over-trained'
            ? 'more than is optimal to train, so good for its size'
            : 'as is optimal';
      return { score: Math.min(1, ratio.value), reason: `${seen}: ${judged}` };
    },
  },
  {
    id: 'licence',
    question: 'Is it clear what the licence allows?',
    weights: { prompted: 1, trained: 1 },
    source: 'the texts of the licences',
    mark({ model: { licence } }) {
      const score = { yes: 1, conditions: 0.5, no: 0, unknown: 0 }[licence.commercialUse];
      return {
        score,
        reason: `${licence.name}${licence.commercialUse === 'conditions' ? ', on conditions' : ''}`,
      };
    },
  },
  {
    id: 'format',
    question: 'How exact are the weights that fit?',
    weights: { prompted: 1, trained: 1 },
    source: 'LLM.int8(), arXiv 2208.07339: no loss in 8 bits; arXiv 2212.09720: little in 4',
    mark({ memory: { serving } }) {
      return {
        score: FORMAT_SCORES[serving.dtype] ?? NOT_KNOWN,
        reason: `${(serving.total_bytes / 1e9).toFixed(1)} GB in ${serving.dtype}`,
      };
    },
  },
];
