import { describe, expect, it } from 'vitest';
import { explainSampling } from '../../../src/core/generation/explain-sampling.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface Case {
  settings: Partial<Record<'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty', number>>;
  input_ids: number[];
  logits: number[];
  scores: (number | null)[];
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'sampling.json');
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('the last stage has the probabilities that transformers draws by', () => {
  it.each(cases.map((golden) => [JSON.stringify(golden.settings), golden] as const))(
    '%s',
    (_name, { settings, input_ids, logits, scores }) => {
      const { temperature, top_k, top_p, min_p, repetition_penalty } = settings;
      const isDrawn = Object.keys(settings).some((name) => name !== 'repetition_penalty');
      const { tokens, stages, taken } = explainSampling(
        Float32Array.from(logits),
        input_ids,
        { temperature, topK: top_k, topP: top_p, minP: min_p, repetitionPenalty: repetition_penalty },
        logits.length,
      );
      const weights = scores.map((score) => (score === null ? 0 : Math.exp(score)));
      const expected = tokens.map((token) => weights[token]! / sum(weights));
      stages.at(-1)!.probabilities.forEach((probability, index) => {
        expect(probability).toBeCloseTo(expected[index]!, 6);
      });
      expect(stages.at(-1)!.possible).toBe(scores.filter((score) => score !== null).length);
      expect(stages.map(({ setting }) => setting)).toEqual([
        undefined,
        ...(repetition_penalty === undefined ? [] : ['repetitionPenalty']),
        ...(temperature === undefined ? [] : ['temperature']),
        ...(top_k === undefined ? [] : ['topK']),
        ...(top_p === undefined ? [] : ['topP']),
        ...(min_p === undefined ? [] : ['minP']),
      ]);
      for (const { probabilities } of stages) expect(sum(probabilities)).toBeCloseTo(1, 12);
      expect(taken).toBe(isDrawn ? undefined : weights.indexOf(Math.max(...weights)));
    },
  );
});

describe('explainSampling', () => {
  // Probabilities 8/15, 4/15, 2/15, 1/15.
  const logits = Float32Array.from([8, 4, 2, 1], Math.log);
  const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(6)));

  it('shows what each setting does, worked by hand', () => {
    const { tokens, stages } = explainSampling(logits, [0], { temperature: 0.5, topK: 3, topP: 0.9 }, 4);
    expect(tokens).toEqual([0, 1, 2, 3]);
    expect(rounded(stages[0]!.probabilities)).toEqual(rounded([8 / 15, 4 / 15, 2 / 15, 1 / 15]));
    expect(rounded(stages[1]!.probabilities)).toEqual(rounded([64 / 85, 16 / 85, 4 / 85, 1 / 85]));
    expect(rounded(stages[2]!.probabilities)).toEqual(rounded([64 / 84, 16 / 84, 4 / 84, 0]));
    // 64/84 is below 0.9, 80/84 is not.
    expect(rounded(stages[3]!.probabilities)).toEqual([0.8, 0.2, 0, 0]);
    expect(stages.map(({ possible }) => possible)).toEqual([4, 4, 3, 2]);
    expect(stages.map(({ value }) => value)).toEqual([undefined, 0.5, 3, 0.9]);
  });

  it('explains tokens that were likely and those that became so', () => {
    // log 8 / 4 = 0.52 falls below log 4 = 1.39 and log 2 = 0.69.
    const { tokens, taken } = explainSampling(logits, [0], { repetitionPenalty: 4 }, 1);
    expect([tokens, taken]).toEqual([[1, 0], 1]);
  });

  it('does nothing where nothing is drawn', () => {
    const { stages, taken } = explainSampling(logits, [], { temperature: 0, topK: 2 }, 2);
    expect([stages.length, taken]).toEqual([1, 0]);
  });

  it('refuses what is not a number', () => {
    expect(() => explainSampling(Float32Array.of(NaN, 1), [], {}, 1)).toThrow('not finite');
  });
});
