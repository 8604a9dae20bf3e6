import { describe, expect, it } from 'vitest';
import {
  rotaryScheme,
  rotaryTable,
  rotaryTableCache,
  type RotaryScaling,
  type RotarySettings,
} from '../../../src/core/layers/rotary-scaling.js';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';

// That each scheme is the published one, the golden architectures show; here is what they do not reach.

const settings = (scaling?: RotaryScaling): RotarySettings => ({
  theta: 10_000,
  headDimension: 4,
  contextLength: 8,
  scaling,
});

describe('a rotary table', () => {
  it('holds the cosines and sines of position · theta^(-2i / d), worked by hand', () => {
    // d = 4: the angles at position p are p · 10000^0 and p · 10000^(-1/2), that is p and p / 100.
    const { length, angles, cosine, sine } = rotaryTable(settings(), 4);
    expect([length, angles]).toEqual([4, 2]);
    for (const position of [0, 1, 2, 3]) {
      expect(cosine[2 * position]).toBeCloseTo(Math.cos(position), 6);
      expect(cosine[2 * position + 1]).toBeCloseTo(Math.cos(position / 100), 6);
      expect(sine[2 * position]).toBeCloseTo(Math.sin(position), 6);
      expect(sine[2 * position + 1]).toBeCloseTo(Math.sin(position / 100), 6);
    }
  });

  it('divides positions under linear scaling', () => {
    const scaled = rotaryTable(settings({ rope_type: 'linear', factor: 2 }), 8);
    const plain = rotaryTable(settings(), 4);
    for (const position of [0, 1, 2, 3]) {
      expect(scaled.sine[4 * position]).toBeCloseTo(plain.sine[2 * position]!, 6);
    }
  });

  it('is made once for all layers of a forward pass', () => {
    const tables = rotaryTableCache(settings());
    const first = tables(4);
    expect(tables(4)).toBe(first);
    expect(tables(6)).toEqual(rotaryTable(settings(), 6));
  });

  it.each([
    ['linear', { rope_type: 'linear' }, /rope scaling has no factor/],
    ['llama3', { rope_type: 'llama3', factor: 8, high_freq_factor: 4 }, /has no low_freq_factor/],
  ])('of type %s says which field is missing', (_type, scaling, message) => {
    expect(() => rotaryTable(settings(scaling), 2)).toThrow(message);
  });
});

describe('the scheme', () => {
  it.each([
    [undefined, 'default'],
    [{}, 'default'],
    [{ type: 'linear' }, 'linear'],
    [{ rope_type: 'llama3', type: 'linear' }, 'llama3'],
  ])('of %j is %s', (scaling, expected) => {
    expect(rotaryScheme(scaling)).toBe(expected);
  });

  it('must be known', () => {
    const unknown = (): string => rotaryScheme({ rope_type: 'dynamic' });
    expect(unknown).toThrow(ToolkitError);
    expect(unknown).toThrow(/"dynamic" is not supported/);
    // A name that every object has is no scheme.
    expect(() => rotaryScheme({ rope_type: 'toString' })).toThrow(/not supported/);
  });
});
