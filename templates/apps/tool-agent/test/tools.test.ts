import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ToolError } from '../src/tool.js';
import { calculator } from '../src/tools/calculator.js';
import { currentTime } from '../src/tools/current-time.js';
import { httpGet } from '../src/tools/http-get.js';
import { readFileIn } from '../src/tools/read-file.js';
import { writeFileIn } from '../src/tools/write-file.js';

let outside: string;
let folder: string;
before(async () => {
  outside = await mkdtemp(join(tmpdir(), 'agent-'));
  folder = join(outside, 'files');
  await mkdir(folder);
  await writeFile(join(folder, 'inside.txt'), 'inside');
  await writeFile(join(outside, 'secret.txt'), 'secret');
  await symlink(join(outside, 'secret.txt'), join(folder, 'link.txt'));
  await symlink(outside, join(folder, 'up'));
});
after(() => rm(outside, { recursive: true }));

test('calculates as one does on paper', () => {
  const cases = {
    '2 + 3 * 4': '14',
    '(2 + 3) * 4': '20',
    '2 ^ 3 ^ 2': '512',
    '-2 ^ 2': '-4',
    '2 ** -1': '0.5',
    '7 % 4': '3',
  };
  for (const [expression, value] of Object.entries(cases))
    assert.equal(calculator.run({ expression }), value);
  assert.equal(calculator.run({ expression: '0.1 + 0.2' }), '0.3');
  assert.equal(calculator.run({ expression: 'sqrt(16) * round(pi) - 1.5e2' }), '-138');
});

test('calculates nothing but arithmetic', () => {
  for (const expression of [
    'process.exit()',
    'constructor(1)',
    '1 2',
    '2 +',
    '(1',
    '1 / 0',
    'sqrt',
    '('.repeat(9999),
  ]) {
    assert.throws(
      () => calculator.run({ expression: expression.slice(0, 1000) }),
      (error) => error instanceof ToolError,
    );
  }
});

test('tells the time', () => {
  const clock = currentTime(() => new Date(Date.UTC(2024, 1, 29, 23, 30)));
  assert.match(String(clock.run({})), /^Thursday,? 29 February 2024.*23:30:00 UTC$/);
  assert.match(String(clock.run({ time_zone: 'Europe/Berlin' })), /^Friday,? 1 March 2024/);
  assert.throws(() => clock.run({ time_zone: 'Moon' }), /no time zone Moon/);
});

test('reads files of its folder alone, links out of it left out', async () => {
  const reader = readFileIn(folder);
  assert.equal(await reader.run({ file: 'inside.txt' }), 'inside');
  assert.equal(await reader.run({ file: '.' }), 'inside.txt\nlink.txt\nup');
  for (const file of ['../secret.txt', 'link.txt', 'up/secret.txt', join(outside, 'secret.txt'), '..']) {
    await assert.rejects(async () => reader.run({ file }), /lies outside/, file);
  }
  await assert.rejects(async () => reader.run({ file: 'none.txt' }), /there is no file none\.txt/);
});

test('writes new files to its folder alone', async () => {
  const writer = writeFileIn(folder);
  await writer.run({ file: 'new.txt', text: 'new' });
  assert.equal(await readFile(join(folder, 'new.txt'), 'utf8'), 'new');
  await assert.rejects(async () => writer.run({ file: 'new.txt', text: 'newer' }), /EEXIST/);
  await assert.rejects(async () => writer.run({ file: 'up/new.txt', text: 'new' }), /lies outside/);
});

test('reads from allowed hosts alone, and follows no redirect', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'http://example.com/' }).end();
    else response.writeHead(request.url === '/' ? 200 : 404).end('x'.repeat(300_000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = async (url: string) => httpGet([host]).run({ url });
  assert.equal((await get(`http://${host}/`)).length, 200_000);
  assert.equal(await get(`http://${host}/away`), 'It redirects to http://example.com/');
  await assert.rejects(get(`http://${host}/none`), /status 404/);
  await assert.rejects(get('http://127.0.0.1:1/'), /not allowed/);
  await assert.rejects(get(`http://${host}@example.com/`), /not allowed/);
  await assert.rejects(get('file:///etc/passwd'), /not an address of the web/);
  server.closeAllConnections();
  server.close();
});
