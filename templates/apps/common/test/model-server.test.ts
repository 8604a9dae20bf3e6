import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, explain, numberSetting } from '../src/model-server.js';
import { forTerminal } from '../src/terminal-text.js';
import { startFakeModelServer } from './fake-model-server.js';

test('takes the first model that the server lists, or the one that is set', async () => {
  const { environment, close } = await startFakeModelServer({});
  assert.equal((await connect(environment)).model, 'fake');
  assert.equal((await connect({ ...environment, MODEL: 'mine' })).model, 'mine');
  await close();
});

test('says what to do where no server runs, or none is named', async () => {
  const { environment, close } = await startFakeModelServer({});
  await close();
  const failure: unknown = await connect(environment).catch((error: unknown) => error);
  assert.match(explain(failure, environment), /^There is no model server at http:.* Start one/);
  await assert.rejects(connect({}), /copy \.env\.example to \.env/);
});

test('refuses settings that are no numbers', () => {
  assert.equal(numberSetting({ SIZE: '2.5' }, 'SIZE', 1), 2.5);
  assert.equal(numberSetting({ SIZE: ' ' }, 'SIZE', 1), 1);
  assert.throws(() => numberSetting({ SIZE: 'two' }, 'SIZE', 1), /SIZE is "two"/);
});

test('lets no text move the cursor', () => {
  assert.equal(forTerminal('a\u001b[2Jb\u202e\n'), 'a\\x1b[2Jb\\u202e\n');
});
