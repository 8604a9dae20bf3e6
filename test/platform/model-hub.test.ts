import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../src/core/errors/toolkit-error.js';
import { huggingFaceHub, type ModelHub } from '../../src/platform/model-hub.js';
import { fail, FakeHub, safetensors, type FakeFile } from './hub/fake-hub.js';

const COMMIT = 'a'.repeat(40);
const ID = 'acme/tiny';
const TOKEN = 'hf_SecretOfTheTest';
const QUICK = { silence: 300, firstPause: 1 };
const CONFIG = { model_type: 'llama', hidden_size: 4 };

/** 4×3 in bfloat16 (24 bytes), 5 in float32 (20 bytes), and a megabyte of int8. */
const WEIGHTS = safetensors(
  {
    'model.embed_tokens.weight': { dtype: 'BF16', shape: [4, 3], data_offsets: [0, 24] },
    'model.norm.weight': { dtype: 'F32', shape: [5], data_offsets: [24, 44] },
    'model.large.weight': { dtype: 'I8', shape: [1000, 1000], data_offsets: [44, 1_000_044] },
  },
  1_000_044,
);
const text = (value: unknown): FakeFile => ({ content: Buffer.from(JSON.stringify(value)) });

let hub: FakeHub;
let home = '';
beforeAll(async () => {
  hub = await FakeHub.start();
});
afterAll(() => hub.stop());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'genai-hub-'));
});
afterEach(() => {
  hub.reset();
  rmSync(home, { recursive: true });
});

const connect = (environment: Record<string, string> = {}): ModelHub =>
  huggingFaceHub({ HF_ENDPOINT: hub.endpoint, HF_HOME: home, ...environment }, undefined, QUICK);

async function failure(run: Promise<unknown>): Promise<ToolkitError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ToolkitError) return error;
  throw new Error(`no ToolkitError but ${inspect(error)}`);
}

const publish = (files: Record<string, FakeFile>, more: { gated?: boolean } = {}): void => {
  hub.models.set(ID, { commit: COMMIT, files, ...more });
};
const publishTiny = (): void => {
  publish({ 'config.json': text(CONFIG), 'model.safetensors': { content: WEIGHTS, lfs: true } });
};

/** Puts files where huggingface_hub would have left them for `main`. */
function fillCache(files: Record<string, Buffer>, root = join(home, 'hub')): string {
  const model = join(root, 'models--acme--tiny');
  const folder = join(model, 'snapshots', COMMIT);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(model, 'refs'), { recursive: true });
  writeFileSync(join(model, 'refs', 'main'), COMMIT);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

describe('facts of a model', () => {
  it('reads one file: configuration, tensors, parameters and bytes', async () => {
    publishTiny();
    const facts = await connect().readModelFacts(ID);
    expect(facts).toEqual({
      id: ID,
      commit: COMMIT,
      config: CONFIG,
      tensors: [
        { name: 'model.embed_tokens.weight', dtype: 'BF16', shape: [4, 3] },
        { name: 'model.norm.weight', dtype: 'F32', shape: [5] },
        { name: 'model.large.weight', dtype: 'I8', shape: [1000, 1000] },
      ],
      parametersByDtype: { BF16: 12, F32: 5, I8: 1_000_000 },
      totalBytes: 1_000_044,
    });
  });

  it('has only the configuration and the header sent, of a megabyte', async () => {
    publishTiny();
    await connect().readModelFacts(ID);
    const headerBytes = WEIGHTS.length - 1_000_044;
    // One byte more tells the file's length.
    expect(hub.bytesServed).toBe(JSON.stringify(CONFIG).length + headerBytes + 1);
  });

  it('reads shards through their index', async () => {
    const shard = (name: string): FakeFile => ({
      content: safetensors({ [name]: { dtype: 'F16', shape: [2, 2], data_offsets: [0, 8] } }, 8),
      lfs: true,
    });
    publish({
      'config.json': text(CONFIG),
      'model-00001-of-00002.safetensors': shard('a'),
      'model-00002-of-00002.safetensors': shard('b'),
      'model.safetensors.index.json': text({
        metadata: { total_size: 16 },
        weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
      }),
    });
    const facts = await connect().readModelFacts(ID);
    expect(facts.tensors.map(({ name }) => name).sort()).toEqual(['a', 'b']);
    expect(facts).toMatchObject({ parametersByDtype: { F16: 8 }, totalBytes: 16 });
  });

  it('has no tensors where there is no safetensors file, and needs a config.json', async () => {
    publish({ 'config.json': text(CONFIG), 'pytorch_model.bin': { content: Buffer.from('pickle') } });
    expect(await connect().readModelFacts(ID)).toMatchObject({ config: CONFIG, tensors: [], totalBytes: 0 });
    publish({ 'model.gguf': { content: Buffer.from('GGUF') } });
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('reads the cache where it has the files, and asks nothing of the network', async () => {
    fillCache({ 'config.json': Buffer.from('{"model_type":"cached"}'), 'model.safetensors': WEIGHTS });
    for (const environment of [{}, { HF_HUB_OFFLINE: '1' }]) {
      const facts = await connect(environment).readModelFacts(ID);
      expect(facts).toMatchObject({ config: { model_type: 'cached' }, totalBytes: 1_000_044 });
    }
    expect(hub.requests).toEqual([]);
  });

  it('goes to the network where the cache lacks a shard', async () => {
    publishTiny();
    const index = JSON.stringify({ weight_map: { a: 'model-00001-of-00002.safetensors' } });
    fillCache({ 'config.json': Buffer.from('{}'), 'model.safetensors.index.json': Buffer.from(index) });
    expect(await connect().readModelFacts(ID)).toMatchObject({ config: CONFIG, totalBytes: 1_000_044 });
    expect(await failure(connect({ HF_HUB_OFFLINE: 'ON' }).readModelFacts(ID))).toMatchObject({
      code: 'NETWORK',
    });
  });

  it.each([
    ['a shape that its bytes do not hold', { dtype: 'F32', shape: [2 ** 31, 2 ** 31], data_offsets: [0, 8] }],
    ['a shape larger than its bytes', { dtype: 'F32', shape: [3], data_offsets: [0, 8] }],
    ['an element type that does not exist', { dtype: 'X', shape: [1], data_offsets: [0, 8] }],
    ['offsets beyond the file', { dtype: 'F32', shape: [1000], data_offsets: [0, 4000] }],
    ['a negative size', { dtype: 'F32', shape: [-2], data_offsets: [0, 8] }],
    ['a shape that is no list', { dtype: 'F32', shape: null, data_offsets: [0, 8] }],
    ['nothing', null],
  ])('refuses a header with %s', async (_, entry) => {
    const content = safetensors({ w: entry as never }, 8);
    publish({ 'config.json': text(CONFIG), 'model.safetensors': { content } });
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringContaining('model.safetensors'),
    });
  });

  it('refuses an index that leads out of the repository', async () => {
    publish({
      'config.json': text(CONFIG),
      'model.safetensors.index.json': text({ weight_map: { w: '%2e%2e/%2e%2e/other/model.safetensors' } }),
    });
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({ code: 'BAD_CHECKPOINT' });
    expect(hub.paths.filter((path) => path.includes('other'))).toEqual([]);
  });

  it('does not swallow a whole file from a server without ranges', async () => {
    publishTiny();
    hub.interfere = (request, response) => {
      if (!(request.url ?? '').endsWith('.safetensors')) return false;
      response.writeHead(200, { etag: '"x"' });
      // Endless: only a reader that stops gets an end.
      const timer = setInterval(() => response.write(Buffer.alloc(10_000)), 1);
      response.on('close', () => {
        clearInterval(timer);
      });
      return true;
    };
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('parts of files'),
    });
  });
});

describe('the access token', () => {
  it('goes to the hub and not to the host that it redirects to', async () => {
    publishTiny();
    await connect({ HF_TOKEN: TOKEN }).readModelFacts(ID);
    const sent = (at: 'hub' | 'cdn'): unknown[] =>
      hub.requests.filter((request) => request.at === at).map(({ headers }) => headers.authorization);
    expect(new Set(sent('hub'))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(new Set(sent('cdn'))).toEqual(new Set([undefined]));
  });

  it('comes from the file of a login, without its line break', async () => {
    publishTiny();
    writeFileSync(join(home, 'token'), `${TOKEN}\n`);
    await connect().readModelFacts(ID);
    expect(hub.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it.each([
    ['refused', TOKEN, 401, 'Unauthorized'],
    ['quoted by the server', TOKEN, 403, TOKEN],
    ['impossible in a header', `${TOKEN}\n\u0001x`, 200, ''],
  ])('appears in no error when it is %s', async (_, token, status, code) => {
    publishTiny();
    hub.interfere = (_request, response) => {
      fail(response, status, code);
      return true;
    };
    const error = await failure(connect({ HF_TOKEN: token }).readModelFacts(ID));
    const everything = `${inspect(error, { depth: 20, showHidden: true })} ${error.message} ${error.hint ?? ''}`;
    expect(everything).not.toContain('SecretOfTheTest');
    expect(error.hint).toMatch(/token|Copy/);
  });
});

describe('failures', () => {
  it.each([
    'gpt2',
    '../acme/tiny',
    'acme/..',
    'acme/tiny/x',
    'acme/ti ny',
    'acme/tiny?x=1',
    'acme/tiny#x',
    'acme%2ftiny',
    'acme\\tiny',
    'https://huggingface.co/acme/tiny',
    'acme/.hidden',
    'acme/a--b',
    'acme/tiny.git',
    `acme/${'x'.repeat(100)}`,
    'acme/tiny\n',
    '',
  ])('refuses %j as an id, and asks nobody', async (id) => {
    expect(await failure(connect().readModelFacts(id))).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('ORG/NAME'),
    });
    expect(hub.requests).toEqual([]);
  });

  it.each(['../x', 'a/../b', '', '/main', 'main/', 'a b', 'a?b', 'x'.repeat(300)])(
    'refuses %j as a revision',
    async (revision) => {
      expect(await failure(connect().readModelFacts(ID, revision))).toMatchObject({ code: 'USAGE' });
    },
  );

  it('knows an unknown id from an unknown revision', async () => {
    publishTiny();
    const unknown = await failure(connect().readModelFacts('acme/unknown'));
    expect(unknown).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('ORG/NAME') });
    const revision = await failure(connect().readModelFacts(ID, 'v9'));
    expect(revision).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('"v9"') });
  });

  it('says what a gated model asks for', async () => {
    publish({ 'config.json': text(CONFIG) }, { gated: true });
    const error = await failure(connect().readModelFacts(ID));
    expect(error.message).toContain('gated');
    expect(error.hint).toBe(
      `Accept the licence at ${hub.endpoint}/${ID}, then set HF_TOKEN to an access token of that account.`,
    );
    expect(await connect({ HF_TOKEN: TOKEN }).readModelFacts(ID)).toMatchObject({ config: CONFIG });
  });

  it('tries again after faults that pass: 503, a broken connection, and 429 with a pause', async () => {
    publishTiny();
    let faults = 0;
    hub.interfere = (_request, response) => {
      if (++faults > 3) return false;
      if (faults === 1) fail(response, 503, '');
      else if (faults === 2) response.destroy();
      else response.writeHead(429, { 'retry-after': '0' }).end();
      return true;
    };
    expect(await connect().readModelFacts(ID)).toMatchObject({ totalBytes: 1_000_044 });
  });

  it('gives up after five attempts, or at once where the server wants a long pause', async () => {
    hub.interfere = (_request, response) => {
      fail(response, 500, '');
      return true;
    };
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('500'),
    });
    expect(hub.requests).toHaveLength(5);
    hub.requests.length = 0;
    hub.interfere = (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    };
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({
      code: 'NETWORK',
      hint: expect.stringContaining('Wait'),
    });
    expect(hub.requests).toHaveLength(1);
  });

  it('waits for a silent server only so long, before and within its answer', async () => {
    hub.interfere = () => true;
    expect((await failure(connect().readModelFacts(ID))).message).toMatch(/did not answer within 0.3 s/);
    hub.interfere = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      return true;
    };
    expect((await failure(connect().readModelFacts(ID))).message).toMatch(/did not answer within 0.3 s/);
  });

  it('stops when it is told to', async () => {
    hub.interfere = () => true;
    const controller = new AbortController();
    const reason = new ToolkitError('Stopped by Ctrl-C', 'INTERRUPTED');
    const run = failure(connect().readModelFacts(ID, 'main', controller.signal));
    controller.abort(reason);
    expect(await run).toBe(reason);
  });

  it('says at once that nobody listens, or that the network is forbidden', async () => {
    const closed = await FakeHub.start();
    const endpoint = closed.endpoint;
    await closed.stop();
    expect(await failure(connect({ HF_ENDPOINT: endpoint }).readModelFacts(ID))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('refused'),
    });
    publishTiny();
    const offline = await failure(connect({ HF_HUB_OFFLINE: 'true' }).readModelFacts(ID));
    expect(offline).toMatchObject({ code: 'NETWORK', message: expect.stringContaining('HF_HUB_OFFLINE') });
    expect(hub.requests).toEqual([]);
  });

  it.each([
    ['null'],
    ['{"sha":"../../x","siblings":[]}'],
    ['<html>'],
    [`{"sha":"${COMMIT}","siblings":[{}]}`],
  ])('calls the answer %j one that cannot be used', async (answer) => {
    hub.interfere = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
      return true;
    };
    expect(await failure(connect().readModelFacts(ID))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('cannot be used'),
    });
  });

  it.each(['ftp://host', 'nonsense', 'http://user:secret@host', 'http://host/?q'])(
    'refuses HF_ENDPOINT=%s without repeating it',
    (endpoint) => {
      expect(() => connect({ HF_ENDPOINT: endpoint })).toThrow(/^HF_ENDPOINT is not the address of a hub$/);
    },
  );
});

describe('the cache', () => {
  it.each<[string, (folder: string) => Record<string, string>, string]>([
    ['HF_HUB_CACHE', (folder) => ({ HF_HUB_CACHE: join(folder, 'x') }), 'x'],
    ['HF_HOME', (folder) => ({ HF_HOME: folder, XDG_CACHE_HOME: '/nowhere' }), 'hub'],
    ['XDG_CACHE_HOME', (folder) => ({ HF_HOME: '', XDG_CACHE_HOME: folder }), 'huggingface/hub'],
    ['HOME', (folder) => ({ HF_HOME: ' ', HOME: folder }), '.cache/huggingface/hub'],
    ['~ in HF_HOME', (folder) => ({ HF_HOME: '~/hf', HOME: folder }), 'hf/hub'],
  ])('lies where %s says', async (_, environment, below) => {
    const folder = fillCache({}, join(home, below));
    expect(await connect(environment(home)).findCachedSnapshot(ID)).toEqual({ commit: COMMIT, folder });
  });

  it('finds a snapshot by branch and by commit, and nothing else', async () => {
    const folder = fillCache({});
    const hubOfCache = connect();
    const find = (id: string, revision?: string): ReturnType<ModelHub['findCachedSnapshot']> =>
      hubOfCache.findCachedSnapshot(id, revision);
    expect(await find(ID, 'main')).toEqual({ commit: COMMIT, folder });
    expect(await find(ID, COMMIT)).toEqual({ commit: COMMIT, folder });
    expect(await find(ID, 'b'.repeat(40))).toBeUndefined();
    expect(await find(ID, 'v1')).toBeUndefined();
    expect(await find('acme/other')).toBeUndefined();
    writeFileSync(join(home, 'hub', 'models--acme--tiny', 'refs', 'main'), '../../../elsewhere');
    expect(await find(ID)).toBeUndefined();
    expect(await failure(find('../x/y'))).toMatchObject({ code: 'USAGE' });
  });
});
