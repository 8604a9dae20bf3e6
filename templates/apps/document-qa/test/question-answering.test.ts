import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { answerQuestion } from '../src/answer-question.js';
import { indexDocuments } from '../src/index-documents.js';
import { connect, type ModelServer } from '../src/model-server.js';
import { openPassageStore, type PassageStore } from '../src/passage-store.js';
import { startFakeModelServer, type FakeModelServer } from './fake-model-server.js';

/** An embedding counts these words, so that similarities can be worked out by hand. */
const WORDS = ['whale', 'ship', 'tea', 'cup'];
const embed = (text: string): number[] =>
  WORDS.map((word) => text.toLowerCase().split(word).length - 1 + 1e-6);

let folder: string;
let fake: FakeModelServer;
let server: ModelServer;
let store: PassageStore;
const limits = { leastSimilarity: 0.5, passages: 2 };
const ask = (question: string) => answerQuestion(question, store, server, limits, () => undefined);
const update = () => indexDocuments(folder, store, server.client, () => undefined);
const embedded = () => fake.requests.flatMap(({ input }) => input ?? []);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documents-'));
  await writeFile(join(folder, 'sea.txt'), 'First.\nThe whale follows the ship.\n');
  await writeFile(join(folder, 'kitchen.md'), '\n\nTea is in the cup.\n');
  await writeFile(join(folder, 'paper.pdf'), '%PDF-1.7\n');
  fake = await startFakeModelServer({ embed, answer: () => 'The whale does [1], says who [7].' });
  server = await connect(fake.environment);
  store = await openPassageStore(join(folder, '.index.json'), server.model);
});
after(async () => {
  await fake.close();
  await rm(folder, { recursive: true });
});

test('reads every document once, and again only what has changed', async () => {
  assert.deepEqual(await update(), { added: 2, kept: 0, removed: 0, unread: ['paper.pdf'] });
  assert.equal(embedded().length, 2);
  store = await openPassageStore(join(folder, '.index.json'), server.model);
  assert.deepEqual(await update(), { added: 0, kept: 2, removed: 0, unread: ['paper.pdf'] });
  await writeFile(join(folder, 'kitchen.md'), 'Tea, tea and a cup.\n');
  assert.deepEqual(await update(), { added: 1, kept: 1, removed: 0, unread: ['paper.pdf'] });
  assert.deepEqual(embedded().at(-1), 'Tea, tea and a cup.');
  assert.equal(store.size, 2);
});

test('answers from the nearest passage, and cites its file and lines', async () => {
  const { text, sources, unknownCitations } = await ask('Which whale?');
  assert.equal(text, 'The whale does [1], says who [7].');
  assert.deepEqual(
    sources.map(({ number, file, firstLine, lastLine }) => ({ number, file, firstLine, lastLine })),
    [{ number: 1, file: 'sea.txt', firstLine: 1, lastLine: 2 }],
  );
  // (1, 1) and (1, 0): the cosine of 45 degrees.
  assert.ok(Math.abs(sources[0]!.similarity - Math.SQRT1_2) < 1e-3);
  assert.deepEqual(unknownCitations, [7]);
  assert.match(
    fake.requests.at(-1)!.messages.at(-1)!.content,
    /\[1\]\nFirst\.\nThe whale follows the ship\.\n\nQuestion: Which whale\?$/,
  );
});

test('asks no model where nothing is near enough', async () => {
  const asked = fake.requests.length;
  const { leastSimilarity } = limits;
  limits.leastSimilarity = 0.9;
  assert.equal((await ask('Which whale?')).text, null);
  limits.leastSimilarity = leastSimilarity;
  assert.equal(fake.requests.length, asked + 1);
});

test('forgets documents that are gone, and what another model has embedded', async () => {
  await rm(join(folder, 'kitchen.md'));
  assert.deepEqual(await update(), { added: 0, kept: 1, removed: 1, unread: ['paper.pdf'] });
  assert.equal((await ask('Tea?')).text, null);
  assert.equal((await openPassageStore(join(folder, '.index.json'), server.model)).size, 1);
  assert.equal((await openPassageStore(join(folder, '.index.json'), 'another')).size, 0);
});

test('refuses an index that is none, and a folder that is none', async () => {
  await writeFile(join(folder, '.broken.json'), '{"version":');
  await assert.rejects(openPassageStore(join(folder, '.broken.json'), 'fake'), /is no index of this program/);
  await assert.rejects(
    indexDocuments(join(folder, 'none'), store, server.client, () => undefined),
    /no such folder/,
  );
});
