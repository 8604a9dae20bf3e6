import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { supportedModelTypes } from '../../src/core/architectures/index.js';
import {
  MODEL_TYPES,
  STRUCTURE_READERS,
  type StructureReader,
} from '../../src/core/model-structures/index.js';
import { GOLDEN, readJson } from '../golden/golden.js';

const FOLDER = fileURLToPath(new URL('../../src/core/model-structures/families/', import.meta.url));
const TESTS = fileURLToPath(new URL('../core/model-structures/', import.meta.url));
const CASES = join(GOLDEN, 'structures');
const ids = readdirSync(FOLDER).map((name) => name.replace(/\.ts$/, ''));

/** Values of `model_type` of which there is a case made with transformers. */
const goldenTypes = readdirSync(CASES)
  .filter((name) => name !== 'published.json')
  .map((name) => readJson<{ config: { model_type: string } }>(CASES, name).config.model_type);

it('every family in the index has its file, and the other way round', () => {
  expect(ids.length).toBeGreaterThan(0);
  expect(STRUCTURE_READERS.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

it('no model type is read by two', () => {
  expect(new Set(MODEL_TYPES).size).toBe(MODEL_TYPES.length);
  expect(MODEL_TYPES).toEqual(expect.arrayContaining(supportedModelTypes()));
});

describe.each(ids)('families/%s.ts', async (id) => {
  const exported = Object.values((await import(join(FOLDER, `${id}.ts`))) as Record<string, StructureReader>);
  const reader = exported[0]!;

  it('exports the one reader that the index knows by the name of the file', () => {
    expect(exported).toHaveLength(1);
    expect(reader.id).toBe(id);
    expect(STRUCTURE_READERS).toContain(reader);
  });

  it('says whose models it reads', () => {
    expect(readFileSync(join(FOLDER, `${id}.ts`), 'utf8')).toMatch(/\*\/\nexport const \w+: StructureReader/);
  });

  it('is held against an independent answer for each of its model types', () => {
    expect(reader.modelTypes.length).toBeGreaterThan(0);
    // Families without published weights are held against their papers, in a test of their own.
    if (existsSync(join(TESTS, `${id}.test.ts`))) return;
    expect(goldenTypes).toEqual(expect.arrayContaining([...reader.modelTypes]));
  });
});
