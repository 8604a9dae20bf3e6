/**
 * The weight tables against transformers: names and shapes of small models as it saves them, what its cache keeps, and
 * parameter counts of models of published size (test/golden/make-structures.py).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countActiveParameters, countParameters } from '../../../src/core/architectures/index.js';
import { readModelStructure } from '../../../src/core/model-structures/index.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface Windows {
  layer_types?: string[];
  sliding_window?: number;
}

interface Case {
  config: Record<string, unknown>;
  /** As transformers writes it, every field spelled out. */
  saved_config?: Windows & { text_config?: Windows };
  tensors: Record<string, number[]>;
  cache_width?: number;
}

const PUBLISHED = 'published.json';
const folder = join(GOLDEN, 'structures');
const cases = readdirSync(folder)
  .filter((name) => name !== PUBLISHED)
  .map((name) => [name.replace(/\.json$/, ''), readJson<Case>(folder, name)] as const);

describe.each(cases)('%s', (_, golden) => {
  const structure = readModelStructure(golden.config);

  it('has the tensors that transformers saves', () => {
    const tensors = Object.fromEntries(structure.parameters.map(({ name, shape }) => [name, shape]));
    expect(Object.keys(tensors)).toHaveLength(structure.parameters.length);
    expect(tensors).toEqual(golden.tensors);
  });

  it('marks the weights of experts as routed, and no others', () => {
    for (const { name, routed } of structure.parameters) {
      expect(routed === true, name).toBe(name.includes('.experts.'));
    }
  });

  it('names linear layers by their weights', () => {
    expect(structure.linearLayers.length).toBeGreaterThan(0);
    for (const { module, inputs, outputs, inputsFirst } of structure.linearLayers) {
      expect(golden.tensors[`${module}.weight`], module).toEqual([outputs, inputs]);
      expect(inputsFirst).toBe(false);
    }
  });

  const { cache_width: cacheWidth, saved_config: saved } = golden;
  if (cacheWidth !== undefined) {
    it('keeps of a position what its cache keeps', () => {
      expect(structure.shape.cacheWidth).toBe(cacheWidth);
    });
  }
  if (saved !== undefined) {
    it('is the same with every field spelled out', () => {
      expect(readModelStructure(saved)).toEqual(structure);
    });
  }
  const { layer_types: types, sliding_window: window } = saved?.text_config ?? saved ?? {};
  if (types !== undefined) {
    it('slides in the layers where it does', () => {
      const expected = types.map((type) => (type === 'sliding_attention' ? window : undefined));
      expect(structure.shape.slidingWindows).toEqual(expected);
    });
  }
});

interface Published {
  config: Record<string, unknown>;
  parameters: number;
  active?: number;
}

describe('models of published size have as many parameters as transformers gives them', () => {
  const { models } = readJson<{ models: Record<string, Published> }>(folder, PUBLISHED);

  it.each(Object.entries(models))('%s', (_, { config, parameters, active }) => {
    const structure = readModelStructure(config);
    expect(countParameters(structure.parameters)).toBe(parameters);
    expect(countActiveParameters(structure)).toBe(active ?? parameters);
  });
});
