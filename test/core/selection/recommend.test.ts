import { describe, expect, it } from 'vitest';
import { inferenceMemory, trainingMemory } from '../../../src/core/memory/index.js';
import { scopeTask, SCOPE_TASK_NAMES } from '../../../src/core/scope/tasks.js';
import { CRITERIA } from '../../../src/core/selection/criteria.js';
import { EXCLUSION_RULES } from '../../../src/core/selection/exclusion-rules.js';
import {
  APPROACHES,
  NEED_DEFAULTS,
  neededMemory,
  usualTraining,
  type SelectionNeed,
} from '../../../src/core/selection/need.js';
import { reasonsAgainst, recommendModels } from '../../../src/core/selection/recommend.js';
import { changedModel, modelOf, MODELS } from './selectable-models.js';

const NEED: SelectionNeed = {
  ...NEED_DEFAULTS,
  task: 'summarization',
  approach: 'prompt',
  context: 2048,
  capacityBytes: 24e9,
};

const both = [false, true];

describe('over every card, task, approach, licence, language, context and two machines', () => {
  it.each(
    APPROACHES.flatMap((approach) => [12e9, 80e9].map((capacityBytes) => ({ approach, capacityBytes }))),
  )(
    'rules out what it must and nothing else: $approach on $capacityBytes bytes',
    ({ approach, capacityBytes }) => {
      for (const model of MODELS) {
        const { card, licence } = model;
        for (const context of [512, 8192]) {
          const base = { ...NEED, approach, capacityBytes, context };
          const memory = neededMemory(model, base);
          // The estimators, asked again: the narrowest format decides whether it can be run at all.
          const least = inferenceMemory(model.memory, { dtype: 'int4', batch: 1, context }).total_bytes;
          const training =
            approach === 'prompt'
              ? 0
              : trainingMemory(model.memory, usualTraining(model, approach, { context })).total_bytes;
          const fits = least <= capacityBytes && training <= capacityBytes && card.context >= context;
          for (const task of SCOPE_TASK_NAMES) {
            const canDo =
              card.kind !== 'encoder' ||
              (approach !== 'prompt' && (!scopeTask(task).generates || task === 'question-answering'));
            for (const commercialUse of both)
              for (const derivatives of both)
                for (const openWeights of both)
                  for (const languages of [[], ['de']]) {
                    const need = { ...base, task, commercialUse, derivatives, openWeights, languages };
                    const permitted =
                      (!commercialUse || ['yes', 'conditions'].includes(licence.commercialUse)) &&
                      (!derivatives || ['yes', 'conditions'].includes(licence.derivatives));
                    const available =
                      card.weights === 'open' ||
                      (card.weights === 'gated' && card.huggingFaceId !== null && !openWeights);
                    const speaks =
                      languages.length === 0 ||
                      card.languages.some((code) => code === 'de' || code === 'multilingual');
                    const reasons = reasonsAgainst({ model, need, memory });
                    const expected = permitted && available && speaks && fits && canDo;
                    if ((reasons.length === 0) !== expected)
                      expect({ card: card.id, need, reasons }).toBe(expected);
                  }
          }
        }
      }
    },
  );
});

describe('the ranking', () => {
  const { ranked, excluded } = recommendModels(MODELS, { ...NEED, commercialUse: true });

  it('has every model once, ranked or excluded with a reason', () => {
    const ids = [...ranked, ...excluded].map(({ model }) => model.card.id).sort();
    expect(ids).toEqual(MODELS.map(({ card }) => card.id).sort());
    for (const { reasons } of excluded) expect(reasons.length).toBeGreaterThan(0);
  });

  it('is the weighted mean of the marks, which are all there', () => {
    for (const { score, marks } of ranked) {
      expect(marks.map(({ criterion }) => criterion).sort()).toEqual(CRITERIA.map(({ id }) => id).sort());
      const weights = marks.reduce((sum, { weight }) => sum + weight, 0);
      expect(score).toBeCloseTo(marks.reduce((sum, mark) => sum + mark.weight * mark.score, 0) / weights, 12);
      for (const mark of marks) {
        expect(mark.score).toBeGreaterThanOrEqual(0);
        expect(mark.score).toBeLessThanOrEqual(1);
        expect(mark.reason).toMatch(/\S/);
      }
    }
    const scores = ranked.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('prefers what the literature prefers', () => {
    const first = (changes: Partial<SelectionNeed>) =>
      recommendModels(MODELS, { ...NEED, context: 512, ...changes }).ranked[0]!.model.card;
    // Encoders for labels (BERT), encoder–decoders for translation (T5), decoders for writing (GPT-3).
    expect(first({ task: 'text-classification', approach: 'lora' }).kind).toBe('encoder');
    expect(first({ task: 'token-classification', approach: 'full' }).kind).toBe('encoder');
    expect(first({ task: 'translation', approach: 'lora' }).kind).toBe('encoder-decoder');
    expect(first({ task: 'text-generation' }).kind).toBe('decoder');
    // To be prompted, a model that follows instructions (InstructGPT).
    const [base, tuned] = [changedModel('qwen3-8b', { instructionTuned: false }), modelOf('qwen3-8b')];
    const order = recommendModels([base, tuned], { ...NEED, task: 'conversational' }).ranked;
    expect(order[0]!.model).toBe(tuned);
    // Twice the text on the same parameters (Chinchilla).
    const [starved, fed] = [1e10, 1.6e11].map((tokens) =>
      changedModel('qwen3-8b', { trainingTokens: tokens }),
    );
    expect(recommendModels([starved!, fed!], NEED).ranked[0]!.model).toBe(fed);
    // The domain (BloombergGPT).
    const finance = changedModel('qwen3-8b', { bestUses: ['financial reports', 'finance'] });
    expect(recommendModels([tuned, finance], { ...NEED, domain: 'finance' }).ranked[0]!.model).toBe(finance);
  });

  it('puts the smaller of equals first', () => {
    const [small, large] = [1, 2].map((factor) =>
      changedModel('gpt2', { parameters: factor * 1e7, trainingTokens: null }),
    );
    const order = recommendModels([large!, small!], {
      ...NEED,
      context: 1024,
      task: 'text-generation',
    }).ranked;
    expect(order.map(({ model }) => model)).toEqual([small, large]);
  });
});

it('what must write faster than its weights can be read is out; experts that are not met are not read', () => {
  const need = { ...NEED, capacityBytes: 80e9, bytesPerSecond: 1e12, tokensPerSecond: 100 };
  const rulesOf = (id: string, changes: Partial<SelectionNeed> = {}) => {
    const changed = { ...need, ...changes };
    const model = modelOf(id);
    return reasonsAgainst({ model, need: changed, memory: neededMemory(model, changed) }).map(
      ({ rule }) => rule,
    );
  };
  // By hand, in bf16 at 1 TB/s: 8.19e9 parameters 61 tokens a second, two devices 122; of 30.5e9 3.3e9 are met, 150.
  expect(rulesOf('qwen3-8b')).toEqual(['speed']);
  expect(rulesOf('qwen3-8b', { devices: 2 })).toEqual([]);
  expect(rulesOf('qwen3-30b-a3b')).toEqual([]);
  expect(rulesOf('qwen3-8b', { bytesPerSecond: undefined })).toEqual([]);
});

describe('several devices', () => {
  it('hold what one cannot', () => {
    const need = { ...NEED, capacityBytes: 24e9 };
    const model = modelOf('llama-3.1-70b');
    expect(neededMemory(model, need).serving_fits).toBe(false);
    expect(neededMemory(model, { ...need, devices: 2 }).serving_fits).toBe(true);
  });

  it('are not counted where the heads cannot be divided between them', () => {
    const model = modelOf('gpt2'); // 12 heads
    const on = (devices: number): number => neededMemory(model, { ...NEED, devices }).serving.total_bytes;
    expect(on(5)).toBe(on(4));
    expect(on(11)).toBe(on(6));
  });
});

it('rules and criteria each have an id of their own, and criteria a source', () => {
  for (const list of [EXCLUSION_RULES, CRITERIA]) {
    expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
  }
  for (const { source, weights } of CRITERIA) {
    expect(source).toMatch(/arXiv|licences/);
    expect(weights.prompted).toBeGreaterThan(0);
    expect(weights.trained).toBeGreaterThan(0);
  }
});
