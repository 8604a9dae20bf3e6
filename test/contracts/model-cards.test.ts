import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countActiveParameters, countParameters } from '../../src/core/architectures/architecture.js';
import { findModelCard, LICENCES, loadModelCards, modelCardIds } from '../../src/core/model-cards/index.js';
import { readModelStructure } from '../../src/core/model-structures/index.js';

const FOLDER = fileURLToPath(new URL('../../src/core/model-cards/cards/', import.meta.url));
const ids = readdirSync(FOLDER).map((name) => name.replace(/\.ts$/, ''));
const cards = await loadModelCards();

it('cards.ts names every file of the folder, and no other', () => {
  expect(ids.length).toBeGreaterThan(0);
  expect(modelCardIds()).toEqual(ids.sort());
});

it('no two cards share an id, a name or a repository', () => {
  const names = cards.map(({ name }) => name.toLowerCase().replace(/[^a-z0-9.]/g, ''));
  expect(new Set(names).size).toBe(names.length);
  const repositories = cards.flatMap(({ huggingFaceId, variants = [] }) => [huggingFaceId, ...variants]);
  const held = repositories.filter((repository) => repository !== null);
  expect(new Set(held).size).toBe(held.length);
});

it('every licence is that of some model, and says what it allows', () => {
  expect([...new Set(cards.map(({ licence }) => licence))].sort()).toEqual(Object.keys(LICENCES).sort());
  for (const { name, notes, source } of Object.values(LICENCES)) {
    expect(name).toMatch(/\S/);
    expect(source).toMatch(/\S/);
    expect(notes.length).toBeGreaterThan(0);
  }
});

describe.each(cards)('$id', (card) => {
  it('is in the file of its name, and is found by id, name and repository', async () => {
    expect(ids).toContain(card.id);
    expect(await findModelCard(card.id)).toBe(card);
    expect(await findModelCard(card.name)).toBe(card);
    for (const repository of [card.huggingFaceId, ...(card.variants ?? [])]) {
      if (repository !== null) expect(await findModelCard(repository)).toBe(card);
    }
  });

  it('is complete', () => {
    for (const text of [card.family, card.label, card.organisation, card.trainingData]) {
      expect(text).toMatch(/\S/);
    }
    for (const list of [card.tasks, card.bestUses, card.limits, card.languages, card.sources]) {
      expect(list.length).toBeGreaterThan(0);
      expect(new Set(list).size).toBe(list.length);
    }
    expect(card.released).toMatch(/^20(18|19|2\d)(-(0[1-9]|1[0-2]))?$/);
    for (const language of card.languages) expect(language).toMatch(/^([a-z]{2,3}|multilingual)$/);
    expect(LICENCES).toHaveProperty([card.licence]);
  });

  it('can be had, or says which cards to use instead', () => {
    if (card.weights === 'open') expect(card.huggingFaceId).toMatch(/^[\w-]+\/[\w.-]+$/);
    if (card.weights === 'closed') expect(card.huggingFaceId).toBeNull();
    expect(card.standsIn === undefined).toBe(card.huggingFaceId !== null);
    expect(card.standsIn).not.toEqual([]);
    for (const id of card.standsIn ?? []) {
      expect(cards.find((other) => other.id === id)).toMatchObject({ huggingFaceId: expect.any(String) });
    }
  });

  it('has a shape that gives its kind, its context and its count', () => {
    const structure = readModelStructure(card.config, card.id);
    const count = countParameters(structure.parameters);
    expect(structure.shape.kind).toBe(card.kind);
    expect(structure.shape.contextLength).toBeGreaterThanOrEqual(card.context);
    if (card.parametersBasis === 'exact') expect(count).toBe(card.parameters);
    else expect(Math.abs(count / card.parameters - 1)).toBeLessThan(0.01);

    const active = countActiveParameters(structure);
    if (card.activeParameters === undefined) expect(active).toBe(count);
    else expect(Math.abs(active / card.activeParameters - 1)).toBeLessThan(0.02);
    if (card.storedParameters) expect(card.storedParameters.count).toBeGreaterThan(card.parameters);
  });
});
