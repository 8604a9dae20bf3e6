import { describe, expect, it } from 'vitest';
import {
  chooseToken,
  drawToken,
  isSampling,
  processLogits,
  type SamplingSettings,
} from '../../../src/core/generation/sampling.js';
import { Random } from '../../../src/core/training/random.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface Case {
  settings: Partial<Record<'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty', number>>;
  input_ids: number[];
  logits: number[];
  scores: (number | null)[];
}

function settingsOf({ settings }: Case): SamplingSettings {
  const { temperature, top_k, top_p, min_p, repetition_penalty } = settings;
  return { temperature, topK: top_k, topP: top_p, minP: min_p, repetitionPenalty: repetition_penalty };
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'sampling.json');

describe('processLogits gives the scores that transformers draws from', () => {
  it.each(cases.map((golden) => [JSON.stringify(golden.settings), golden] as const))(
    '%s',
    (_name, golden) => {
      const logits = Float32Array.from(golden.logits);
      const scores = processLogits(logits, golden.input_ids, settingsOf(golden));
      const kept = [...scores].map((score) => (score === -Infinity ? null : score));
      expect(kept.map((score) => score === null)).toEqual(golden.scores.map((score) => score === null));
      golden.scores.forEach((expected, token) => {
        // One rounding of float32 per step, at values below 32.
        if (expected !== null) expect(Math.abs(kept[token]! - expected)).toBeLessThan(4e-6);
      });
      expect([...logits]).toEqual([...Float32Array.from(golden.logits)]);
    },
  );
});

describe('chooseToken', () => {
  const random = new Random(5);

  it('takes the first of the likeliest unless sampling is asked for', () => {
    expect(chooseToken(Float32Array.of(1, 3, 3, 2), [], {}, random)).toBe(1);
    expect(chooseToken(Float32Array.of(1, 3, 3, 2), [], { temperature: 0, topP: 0.5 }, random)).toBe(1);
  });

  it('penalises repetition without sampling too', () => {
    // 3 / 2 falls below 2; -1 · 2 falls below -1.5 (worked by hand).
    expect(chooseToken(Float32Array.of(3, 2), [0], { repetitionPenalty: 2 }, random)).toBe(1);
    expect(chooseToken(Float32Array.of(-1, -1.5), [0, 0], { repetitionPenalty: 2 }, random)).toBe(1);
  });

  it('refuses logits that are not numbers', () => {
    expect(() => chooseToken(Float32Array.of(1, NaN, 2), [], {}, random)).toThrow('not finite');
    expect(() => chooseToken(Float32Array.of(1, Infinity), [], { temperature: 1 }, random)).toThrow(
      'not finite',
    );
  });

  it('asks for sampling by any of its settings', () => {
    expect([{}, { repetitionPenalty: 1.1 }, { temperature: 0, topK: 3 }].map(isSampling)).toEqual([
      false,
      false,
      false,
    ]);
    expect([{ temperature: 0.5 }, { topK: 3 }, { topP: 0.5 }, { minP: 0.1 }].map(isSampling)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describe('drawToken', () => {
  it('draws by the softmax of the scores and never a token filtered out', () => {
    // exp(ln n) = n: the tokens have the probabilities 1/10, 0, 3/10, 6/10.
    const scores = Float32Array.of(0, -Infinity, Math.log(3), Math.log(6));
    const random = new Random(1);
    const draws = 20_000;
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < draws; draw++) counts[drawToken(scores, random)]!++;
    expect(counts[1]).toBe(0);
    // Four standard deviations of a binomial share at 20,000 draws are below 0.014.
    for (const [token, probability] of [
      [0, 0.1],
      [2, 0.3],
      [3, 0.6],
    ] as const) {
      expect(Math.abs(counts[token]! / draws - probability)).toBeLessThan(0.014);
    }
  });

  it('draws the same from the same seed', () => {
    const scores = Float32Array.from({ length: 50 }, (_, token) => Math.sin(token));
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => drawToken(scores, random));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});
