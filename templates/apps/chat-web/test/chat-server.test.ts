import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { chatServer } from '../src/chat-server.js';
import { connect } from '../src/model-server.js';
import { startFakeModelServer, type FakeModelServer } from './fake-model-server.js';

let models: FakeModelServer;
let server: FastifyInstance;
before(async () => {
  models = await startFakeModelServer({ answer: ({ messages }) => `You said: ${messages.at(-1)?.content}` });
  server = chatServer(await connect(models.environment), { SYSTEM_PROMPT: 'Be brief.' });
});
after(async () => {
  await server.close();
  await models.close();
});

const ask = (messages: unknown) => server.inject({ method: 'POST', url: '/api/chat', payload: { messages } });

test('serves the page, which may load nothing from elsewhere', async () => {
  const page = await server.inject('/');
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /<title>.+<\/title>/);
  assert.match(String(page.headers['content-security-policy']), /^default-src 'self'/);
  for (const path of ['/chat.css', '/chat.js']) assert.equal((await server.inject(path)).statusCode, 200);
  assert.equal((await server.inject('/../package.json')).statusCode, 404);
});

test('hands the conversation to the model, and the answer on in pieces', async () => {
  const { body, headers } = await ask([{ role: 'user', content: 'hello there' }]);
  assert.equal(headers['content-type'], 'application/x-ndjson');
  const pieces = body
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
  assert.deepEqual(pieces, ['You ', 'said: ', 'hello ', 'there']);
  assert.deepEqual(models.requests.at(-1)?.messages, [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'hello there' },
  ]);
});

test('refuses what is no conversation', async () => {
  const bodies = [undefined, [], [{ role: 'system', content: 'x' }], [{ role: 'user', content: '' }], 'text'];
  for (const messages of bodies) assert.equal((await ask(messages)).statusCode, 400);
});

test('says why it refuses what is too long', async () => {
  const { body } = await ask([{ role: 'user', content: 'x'.repeat(100_001) }]);
  assert.match((JSON.parse(body) as { error: string }).error, /between 1 and 100,000 characters/);
  const large = await ask([{ role: 'user', content: 'x'.repeat(2_000_001) }]);
  assert.equal(large.statusCode, 413);
  assert.match((JSON.parse(large.body) as { error: string }).error, /Clear it/);
});

test('keeps what came of an answer that broke off, and says so', async () => {
  const broken = await startFakeModelServer({ answer: () => 'one two three', breaksOff: true });
  const alone = chatServer(await connect(broken.environment), broken.environment);
  const payload = { messages: [{ role: 'user', content: 'count' }] };
  const { body } = await alone.inject({ method: 'POST', url: '/api/chat', payload });
  const lines = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text?: string; error?: string });
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['one ', 'two ', undefined],
  );
  assert.match(lines.at(-1)?.error ?? '', /broke off its answer/);
  await alone.close();
  await broken.close();
});

test('tells the page where the model server is gone', async () => {
  const gone = await startFakeModelServer({});
  const model = await connect(gone.environment);
  await gone.close();
  const alone = chatServer(model, gone.environment);
  const payload = { messages: [{ role: 'user', content: 'hello' }] };
  const { statusCode, body } = await alone.inject({ method: 'POST', url: '/api/chat', payload });
  assert.equal(statusCode, 502);
  assert.match((JSON.parse(body) as { error: string }).error, /There is no model server at/);
  await alone.close();
});
