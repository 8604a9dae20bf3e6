import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../../src/core/errors/toolkit-error.js';
import type { ProgressEvent } from '../../../../src/core/progress/progress-event.js';
import {
  pullModel,
  type PullOptions,
  type PullPorts,
  type PullResult,
} from '../../../../src/lifecycle/select/pull/pull.js';
import { nodeDownloadFiles } from '../../../../src/platform/download-files.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import { huggingFaceHub } from '../../../../src/platform/model-hub.js';
import { fail, FakeHub, gitSha1, sha256, type FakeFile } from '../../../platform/hub/fake-hub.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const ID = 'acme/tiny';
/** Half a megabyte without repetition, so that bytes out of place are noticed. */
const WEIGHTS = Buffer.from(Uint32Array.from({ length: 131_072 }, (_, i) => i * 2_654_435_761).buffer);
const NAMES = ['README.md', 'config.json', 'model.safetensors'];

const small = (content: string): FakeFile => ({ content: Buffer.from(content) });
const large = (content: Buffer = WEIGHTS): FakeFile => ({ content, lfs: true });
const tiny = (): Record<string, FakeFile> => ({
  'README.md': small('hello\n'),
  'config.json': small('{}'),
  'model.safetensors': large(),
});

let hub: FakeHub;
let home = '';
let model = '';
beforeAll(async () => {
  hub = await FakeHub.start();
});
afterAll(() => hub.stop());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'genai-pull-'));
  model = join(home, 'hub', 'models--acme--tiny');
});
afterEach(() => {
  hub.reset();
  rmSync(home, { recursive: true });
});

const publish = (files: Record<string, FakeFile>): void => {
  hub.models.set(ID, { commit: COMMIT, files });
};

function pull(
  options: Partial<PullOptions> = {},
  ports: Partial<PullPorts> = {},
  environment: Record<string, string> = {},
): Promise<PullResult> {
  const settings = { HF_ENDPOINT: hub.endpoint, HF_HOME: home, ...environment };
  return pullModel(
    { id: ID, ...options },
    {
      hub: huggingFaceHub(settings, undefined, { silence: 500, firstPause: 1 }),
      fileSystem: nodeFileSystem,
      files: nodeDownloadFiles,
      resources: { freeDiskBytes: async () => 1e12 },
      ...ports,
    },
  );
}

async function failure(run: Promise<unknown>): Promise<ToolkitError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ToolkitError) return error;
  throw new Error(`no ToolkitError but ${String(error)}`);
}

/** Paths of all files and links below a folder. */
const tree = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    : [];
const blobs = (): string[] => tree(join(model, 'blobs'));
const incomplete = (): string[] => blobs().filter((name) => name.endsWith('.incomplete'));
const shown = (name: string): Buffer => readFileSync(join(model, 'snapshots', COMMIT, name));

/** The weights' answers are cut off after some bytes, as often as told. */
function breakWeights(times: number, after = 100_000): { count: number } {
  const state = { count: 0 };
  hub.interfere = (request, response, at) => {
    if (at !== 'cdn' || state.count >= times) return false;
    state.count++;
    const begin = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(begin === 0 ? 200 : 206, {
      etag: `"${sha256(WEIGHTS)}"`,
      'content-length': WEIGHTS.length - begin,
      ...(begin > 0 && { 'content-range': `bytes ${begin}-${WEIGHTS.length - 1}/${WEIGHTS.length}` }),
    });
    response.write(WEIGHTS.subarray(begin, begin + after), () => {
      setTimeout(() => response.destroy(), 5);
    });
    return true;
  };
  return state;
}

/** Sends something else for the weights. */
function sendInstead(content: Buffer): void {
  hub.interfere = (request, response, at) => {
    if (at === 'cdn') hub.sendFile(request, response, content, 'x');
    return at === 'cdn';
  };
}

/** Much faster than comparing half a million numbers one by one. */
const isWeights = (content: Buffer): boolean => content.equals(WEIGHTS);

const rangesAsked = (): (string | undefined)[] =>
  hub.requests.filter(({ at }) => at === 'cdn').map(({ headers }) => headers.range);

describe('a model in the shared cache', () => {
  it('lies as huggingface_hub lays it: contents by digest, links by name, the commit of the branch', async () => {
    publish({ ...tiny(), 'model.safetensors': large(Buffer.from('abc')) });
    const result = await pull();
    const folder = join(model, 'snapshots', COMMIT);
    expect(result).toEqual({
      id: ID,
      revision: 'main',
      commit: COMMIT,
      folder,
      files: [
        { path: 'README.md', bytes: 6 },
        { path: 'config.json', bytes: 2 },
        { path: 'model.safetensors', bytes: 3 },
      ],
      total_bytes: 11,
      fetched_bytes: 11,
      skipped_pickles: [],
      offline_reason: null,
    });
    // Published digests: `git hash-object` of hello and a line feed, and of {}; SHA-256 of abc (FIPS 180-2).
    const readme = 'ce013625030ba8dba906f756967f9e9ca394464a';
    const config = '9e26dfeeb6e641a33dae4961196235bdb965b21b';
    const weights = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(tree(model)).toEqual(
      [
        `blobs/${readme}`,
        `blobs/${config}`,
        `blobs/${weights}`,
        'refs/main',
        ...NAMES.map((name) => `snapshots/${COMMIT}/${name}`),
      ].sort(),
    );
    expect(readlinkSync(join(folder, 'README.md'))).toBe(`../../blobs/${readme}`);
    expect(readFileSync(join(folder, 'model.safetensors'), 'utf8')).toBe('abc');
    expect(readFileSync(join(model, 'refs/main'), 'utf8')).toBe(COMMIT);
  });

  it('is not downloaded again', async () => {
    publish(tiny());
    await pull();
    hub.bytesServed = 0;
    expect(await pull()).toMatchObject({ fetched_bytes: 0, total_bytes: WEIGHTS.length + 8 });
    expect(hub.bytesServed).toBe(0);
  });

  it('gets the files of subfolders when they are asked for, and equal contents once', async () => {
    publish({ ...tiny(), 'onnx/model.safetensors': large(), 'empty.txt': small('') });
    await pull({ include: ['*.safetensors', 'empty.txt'] });
    expect(hub.bytesServed).toBe(WEIGHTS.length);
    expect(readlinkSync(join(model, 'snapshots', COMMIT, 'onnx', 'model.safetensors'))).toBe(
      `../../../blobs/${sha256(WEIGHTS)}`,
    );
    expect(isWeights(shown('onnx/model.safetensors'))).toBe(true);
    expect(shown('empty.txt')).toHaveLength(0);
  });

  it('has a copy where the system makes no links', async () => {
    publish(tiny());
    const files = { ...nodeDownloadFiles };
    files.link = async (target, path) => {
      writeFileSync(path, readFileSync(target));
    };
    await pull({}, { files });
    expect(lstatSync(join(model, 'snapshots', COMMIT, 'config.json')).isFile()).toBe(true);
  });

  it('replaces a content whose size is wrong', async () => {
    publish(tiny());
    mkdirSync(join(model, 'blobs'), { recursive: true });
    writeFileSync(join(model, 'blobs', sha256(WEIGHTS)), 'cut off');
    await pull();
    expect(isWeights(shown('model.safetensors'))).toBe(true);
  });

  it('reads a listing of several pages', async () => {
    publish(tiny());
    hub.pageSize = 1;
    expect((await pull()).files.map(({ path }) => path)).toEqual(NAMES);
  });

  it('reports progress in bytes, from nothing to all', async () => {
    publish(tiny());
    const events: ProgressEvent[] = [];
    await pull({}, { onProgress: (event) => events.push(event) });
    const total = WEIGHTS.length + 8;
    expect(events.every((event) => event.unit === 'bytes' && event.total === total)).toBe(true);
    const done = events.map((event) => event.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(events.at(-1)).toMatchObject({ stage: 'download', done: total });
  });
});

describe('plain files in a folder', () => {
  it('are all there is in it', async () => {
    publish({ ...tiny(), 'sub/vocab.txt': small('a') });
    const out = join(home, 'out');
    expect(await pull({ out, exclude: ['README*'], include: ['*'] })).toMatchObject({ folder: out });
    expect(tree(out)).toEqual(['config.json', 'model.safetensors', 'sub/vocab.txt']);
    expect(readdirSync(out)).toEqual(['config.json', 'model.safetensors', 'sub']);
    expect(isWeights(readFileSync(join(out, 'model.safetensors')))).toBe(true);
    expect(existsSync(model)).toBe(false);
  });

  it('stay when they are the same, and are not written over when they are not', async () => {
    publish(tiny());
    const out = join(home, 'out');
    await pull({ out });
    hub.bytesServed = 0;
    expect(await pull({ out })).toMatchObject({ fetched_bytes: 0 });
    expect(hub.bytesServed).toBe(0);
    writeFileSync(join(out, 'config.json'), '[]');
    expect(await failure(pull({ out }))).toMatchObject({ code: 'USAGE' });
    expect(readFileSync(join(out, 'config.json'), 'utf8')).toBe('[]');
  });

  it('need a folder that can be one', async () => {
    publish(tiny());
    const out = join(home, 'file');
    writeFileSync(out, 'mine');
    for (const folder of [out, join(out, 'below')]) {
      expect(await failure(pull({ out: folder }))).toMatchObject({ code: 'USAGE' });
    }
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });

  it('come from the cache where it has them', async () => {
    publish(tiny());
    await pull();
    hub.bytesServed = 0;
    await pull({ out: join(home, 'out') });
    expect(hub.bytesServed).toBe(0);
    expect(isWeights(readFileSync(join(home, 'out', 'model.safetensors')))).toBe(true);
  });
});

it('takes a damaged content of the cache from the hub instead', async () => {
  publish(tiny());
  await pull();
  writeFileSync(join(model, 'blobs', sha256(WEIGHTS)), Buffer.alloc(WEIGHTS.length));
  const out = join(home, 'out');
  await pull({ out });
  expect(isWeights(readFileSync(join(out, 'model.safetensors')))).toBe(true);
});

describe('the choice of files', () => {
  const chosen = async (
    files: Record<string, FakeFile>,
    options: Partial<PullOptions> = {},
  ): Promise<string[]> => {
    publish(files);
    return (await pull(options)).files.map(({ path }) => path);
  };

  it('is what a model needs', async () => {
    const usual = [
      ...[
        'LICENSE',
        'README.md',
        'chat_template.jinja',
        'config.json',
        'generation_config.json',
        'merges.txt',
      ],
      ...['model-00001-of-00001.safetensors', 'model.safetensors.index.json', 'tokenizer.json'],
      ...['tokenizer.model', 'tokenizer_config.json', 'vocab.json'],
    ];
    const others = [
      ...[
        '.gitattributes',
        'consolidated.safetensors',
        'flax_model.msgpack',
        'onnx/model.onnx',
        'tf_model.h5',
      ],
      ...['original/params.json', 'model.gguf', 'run.py'],
    ];
    const files = Object.fromEntries([...usual, ...others].map((path) => [path, small(path)]));
    expect((await chosen(files)).sort()).toEqual([...usual].sort());
  });

  it('follows patterns, in which * goes across folders', async () => {
    const files = { ...tiny(), 'a/b/x.json': small('1'), 'a/y.txt': small('2') };
    expect(await chosen(files, { include: ['*.json'] })).toEqual(['config.json', 'a/b/x.json']);
    expect(await chosen(files, { include: ['a/'], exclude: ['*/x.????'] })).toEqual(['a/y.txt']);
    expect(await chosen(files, { exclude: ['*.safetensors', 'R*'] })).toEqual(['config.json']);
  });

  it('leaves pickles out where there are other weights, and refuses them where there are none', async () => {
    publish({ ...tiny(), 'pytorch_model.bin': small('x'), 'old.PT': small('x') });
    const result = await pull();
    expect(result.skipped_pickles).toEqual(['pytorch_model.bin', 'old.PT']);
    const named = await pull({ include: ['*.bin', '*.json'] });
    expect(named).toMatchObject({ files: [{ path: 'config.json' }], skipped_pickles: ['pytorch_model.bin'] });
    expect(tree(model).join()).not.toMatch(/\.bin|\.PT/);
    for (const name of ['pytorch_model.bin', 'weights.pth', 'a.pt', 'a.ckpt', 'a.pkl']) {
      publish({ 'config.json': small('{}'), [name]: small('x') });
      for (const include of [[], ['*']]) {
        const error = await failure(pull({ include }));
        expect(error).toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringContaining('can run code'),
        });
        expect(error.hint).toContain('safetensors');
      }
    }
  });

  it('must be made among GGUF files, and must leave something', async () => {
    publish({ 'config.json': small('{}'), 'q4.gguf': small('4'), 'q8.gguf': small('8') });
    expect(await failure(pull())).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('"q4.gguf"'),
    });
    expect((await pull({ include: ['q4*'] })).files).toEqual([{ path: 'q4.gguf', bytes: 1 }]);
    expect(await failure(pull({ include: ['nothing'] }))).toMatchObject({ code: 'USAGE' });
  });

  it('takes a pattern of many stars in no time', async () => {
    publish({ ...tiny(), [`${'a'.repeat(150)}.txt`]: small('1') });
    const begin = performance.now();
    await failure(pull({ include: [`${'*a'.repeat(100)}b`] }));
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});

describe('names that lead elsewhere', () => {
  it.each([
    ['../x.json'],
    ['a/../../x.json'],
    ['/etc/x.json'],
    ['..\\x.json'],
    ['a\\b.json'],
    ['C:/x.json'],
    ['C:x.json'],
    ['a//x.json'],
    ['./x.json'],
    ['a/./x.json'],
    ['NUL'],
    ['con.json'],
    ['sub/COM1.txt'],
    ['LPT¹.json'],
    ['x.json.'],
    ['x.json '],
    ['dir./x.json'],
    ['x.json:stream'],
    ['x\u0000.json'],
    ['x\n.json'],
    ['x?.json'],
    ['.git/hooks/post-checkout'],
    ['.GIT/config'],
    ['.cache/huggingface/x'],
    [`${'x'.repeat(300)}.json`],
    ['d/'.repeat(400) + 'x.json'],
  ])('are refused: %j', async (name) => {
    publish({ ...tiny(), [name]: small('evil') });
    for (const out of [undefined, join(home, 'out')]) {
      const error = await failure(pull({ include: ['*'], ...(out !== undefined && { out }) }));
      expect(error.code).toBe('UNSUPPORTED');
      expect(error.message.split('\n')).toHaveLength(1);
    }
    expect(tree(home)).toEqual([]);
  });

  it.each([
    ['config.json', 'Config.json'],
    ['sub/a.json', 'SUB/b.json'],
    ['caf\u00e9.json', 'cafe\u0301.json'],
    ['sub', 'sub/a.json'],
    ['sub/a.json', 'sub'],
  ])('are refused where two are one on some systems: %j and %j', async (first, second) => {
    publish({ [first]: small('1'), [second]: small('2') });
    expect(await failure(pull({ include: ['*'] }))).toMatchObject({ code: 'UNSUPPORTED' });
    expect(tree(home)).toEqual([]);
  });

  it('do not get out over a link in the folder', async () => {
    publish({ ...tiny(), 'sub/deep/x.json': small('evil') });
    const outside = join(home, 'outside');
    const out = join(home, 'out');
    mkdirSync(outside);
    mkdirSync(out);
    symlinkSync(outside, join(out, 'sub'));
    expect(await failure(pull({ out, include: ['*'] }))).toMatchObject({ code: 'WRITE_FAILED' });
    expect(readdirSync(outside)).toEqual([]);
    const snapshot = join(model, 'snapshots', COMMIT);
    mkdirSync(snapshot, { recursive: true });
    symlinkSync(outside, join(snapshot, 'sub'));
    expect(await failure(pull({ include: ['*'] }))).toMatchObject({ code: 'WRITE_FAILED' });
    expect(readdirSync(outside)).toEqual([]);
  });

  it('do no harm when nobody wants them', async () => {
    publish({ ...tiny(), '../x.json': small('evil') });
    expect((await pull()).files.map(({ path }) => path)).toEqual(NAMES);
  });

  it.each([
    ['a negative size', { size: -1 }],
    ['a size that is no number', { size: '12' }],
    ['a digest that is a path', { oid: '../../../x' }],
    ['a large file’s digest that is a path', { lfs: { oid: '../x', size: 1 } }],
    ['no path', { path: 7 }],
  ])('a listing with %s is refused', async (_, entry) => {
    publish(tiny());
    hub.interfere = (request, response) => {
      if (request.url?.includes('/tree/') !== true) return false;
      const good = { type: 'file', path: 'config.json', size: 2, oid: gitSha1(Buffer.from('{}')) };
      response.end(JSON.stringify([{ ...good, ...entry }]));
      return true;
    };
    expect(await failure(pull())).toMatchObject({ code: 'NETWORK' });
    expect(tree(home)).toEqual([]);
  });

  it('an endless listing is refused', async () => {
    publish(tiny());
    const page = JSON.stringify(
      Array.from({ length: 5000 }, (_, i) => ({
        type: 'file',
        path: `${i}.json`,
        size: 1,
        oid: 'a'.repeat(40),
      })),
    );
    hub.interfere = (request, response) => {
      if (request.url?.includes('/tree/') !== true) return false;
      response.setHeader('link', `<${hub.endpoint}${request.url}>; rel="next"`);
      response.end(page);
      return true;
    };
    expect(await failure(pull())).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('20000 files'),
    });
  });
});

describe('a connection that breaks', () => {
  it('is made again where it broke, for the same content', async () => {
    publish(tiny());
    const { count } = breakWeights(3);
    expect(count).toBe(0);
    await pull();
    expect(isWeights(shown('model.safetensors'))).toBe(true);
    const asked = hub.requests.filter(({ at }) => at === 'cdn');
    expect(asked).toHaveLength(4);
    for (const { headers } of asked.slice(1)) {
      expect(headers.range).toMatch(/^bytes=[1-9]\d*-$/);
      expect(headers['if-range']).toBe(`"${sha256(WEIGHTS)}"`);
    }
    expect(incomplete()).toEqual([]);
  });

  it('costs nothing but time where the server sends whole files only', async () => {
    publish(tiny());
    let answers = 0;
    hub.interfere = (_request, response, at) => {
      if (at !== 'cdn') return false;
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      if (++answers > 1) response.end(WEIGHTS);
      else response.write(WEIGHTS.subarray(0, 70_000), () => setTimeout(() => response.destroy(), 5));
      return true;
    };
    await pull();
    expect(answers).toBe(2);
    expect(isWeights(shown('model.safetensors'))).toBe(true);
  });

  it('leaves its part for the next attempt, which asks for the rest alone', async () => {
    publish(tiny());
    breakWeights(1, 200_000);
    const first = hub.interfere;
    hub.interfere = (request, response, at) => {
      if (first(request, response, at)) return true;
      if (at === 'cdn') response.destroy();
      return at === 'cdn';
    };
    expect(await failure(pull())).toMatchObject({ code: 'NETWORK' });
    expect(incomplete()).toEqual([`${sha256(WEIGHTS)}.free.incomplete`]);
    expect(existsSync(join(model, 'refs', 'main'))).toBe(false);
    const begun = lstatSync(join(model, 'blobs', incomplete()[0] ?? '')).size;
    expect(begun).toBeGreaterThan(0);
    hub.requests.length = 0;
    hub.interfere = () => false;
    await pull();
    expect(rangesAsked()).toEqual([`bytes=${begun}-`]);
    expect(isWeights(shown('model.safetensors'))).toBe(true);
    expect(incomplete()).toEqual([]);
  });

  it('is told apart from a server that falls silent', async () => {
    publish(tiny());
    hub.interfere = (_request, response, at) => {
      if (at === 'cdn')
        response.writeHead(200, { 'content-length': WEIGHTS.length }).write(WEIGHTS.subarray(0, 9));
      return at === 'cdn';
    };
    expect((await failure(pull())).message).toContain('did not answer within 0.5 s');
    expect(incomplete()).toHaveLength(1);
  });

  it('may come from too many requests, or from a fault of the server', async () => {
    publish(tiny());
    const asked = new Map<string, number>();
    hub.interfere = ({ url = '' }, response) => {
      const times = (asked.get(url) ?? 0) + 1;
      asked.set(url, times);
      if (times === 1) fail(response, 500, '');
      else if (times === 2) response.writeHead(429, { 'retry-after': '0' }).end();
      return times <= 2;
    };
    await pull();
    expect(isWeights(shown('model.safetensors'))).toBe(true);
  });
});

describe('wrong content', () => {
  it.each([
    ['other bytes', Buffer.from(WEIGHTS).fill(1, 5000, 5001), 'other bytes came'],
    ['too many bytes', Buffer.concat([WEIGHTS, Buffer.from('x')]), 'more bytes came'],
    ['too few bytes', WEIGHTS.subarray(0, 1000), 'only 1000 bytes came'],
  ])('with %s is reported, and not kept', async (_, content, problem) => {
    publish(tiny());
    sendInstead(content);
    const error = await failure(pull());
    expect(error).toMatchObject({ code: 'NETWORK', message: expect.stringContaining(problem) });
    expect(error.message).toContain('"model.safetensors"');
    expect(blobs().filter((name) => name.startsWith(sha256(WEIGHTS)))).toEqual([]);
    expect(tree(join(model, 'snapshots'))).toEqual([]);
    hub.interfere = () => false;
    await pull();
    expect(isWeights(shown('model.safetensors'))).toBe(true);
  });

  it('is found in small files too', async () => {
    publish(tiny());
    hub.interfere = (request, response) => {
      if (request.url?.endsWith('/config.json') !== true) return false;
      hub.sendFile(request, response, Buffer.from('[]'), 'x');
      return true;
    };
    expect((await failure(pull())).message).toContain('"config.json": other bytes came');
  });

  it('is found where the listing lies about a length', async () => {
    publish({ ...tiny(), 'model.safetensors': { ...large(), listedSize: WEIGHTS.length + 5 } });
    expect((await failure(pull())).message).toContain(`only ${WEIGHTS.length} bytes`);
    publish({ ...tiny(), 'model.safetensors': { ...large(), listedSize: WEIGHTS.length - 5 } });
    expect((await failure(pull())).message).toContain('more bytes came');
  });

  it.each([
    ['damaged', Buffer.alloc(1000, 9)],
    ['too long', Buffer.alloc(WEIGHTS.length + 1)],
  ])('in a %s beginning is replaced from the start', async (_, begun) => {
    publish(tiny());
    mkdirSync(join(model, 'blobs'), { recursive: true });
    writeFileSync(join(model, 'blobs', `${sha256(WEIGHTS)}.free.incomplete`), begun);
    await pull();
    expect(isWeights(shown('model.safetensors'))).toBe(true);
    expect(incomplete()).toEqual([]);
  });
});

describe('several pulls', () => {
  it('at once leave one right copy', async () => {
    publish(tiny());
    breakWeights(2);
    const results = await Promise.all([pull(), pull(), pull()]);
    expect(new Set(results.map(({ folder }) => folder)).size).toBe(1);
    expect(isWeights(shown('model.safetensors'))).toBe(true);
    expect(blobs()).toHaveLength(3);
  });

  it('do not take a beginning from a living process, but from a dead one and from a forgotten one', async () => {
    publish(tiny());
    mkdirSync(join(model, 'blobs'), { recursive: true });
    const begin = (owner: string, bytes: number): string => {
      const path = join(model, 'blobs', `${sha256(WEIGHTS)}${owner}.incomplete`);
      writeFileSync(path, WEIGHTS.subarray(0, bytes));
      return path;
    };
    const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
    const living = begin(`.00000000-${host}-${process.pid}`, 1000);
    const elsewhere = begin('.00000000-elsewhere-1', 2000);
    await pull();
    expect(rangesAsked()).toEqual([undefined]);
    rmSync(living);
    rmSync(elsewhere);

    const takenUp = async (path: string): Promise<(string | undefined)[]> => {
      rmSync(join(model, 'blobs', sha256(WEIGHTS)));
      hub.requests.length = 0;
      await pull();
      expect(existsSync(path)).toBe(false);
      return rangesAsked();
    };
    // Process ids end far below this one on every system.
    expect(await takenUp(begin(`.00000000-${host}-2147483647`, 3000))).toEqual(['bytes=3000-']);
    const forgotten = begin('', 4000);
    utimesSync(forgotten, new Date(0), new Date(0));
    expect(await takenUp(forgotten)).toEqual(['bytes=4000-']);
  });
});

describe('Ctrl-C', () => {
  it('keeps what has come, says how to go on, and is gone on with', async () => {
    publish(tiny());
    hub.interfere = (_request, response, at) => {
      if (at === 'cdn')
        response.writeHead(200, { 'content-length': WEIGHTS.length }).write(WEIGHTS.subarray(0, 50_000));
      return at === 'cdn';
    };
    const controller = new AbortController();
    const run = failure(
      pull(
        {},
        {
          signal: controller.signal,
          onProgress: ({ done }) => {
            if (done >= 50_000) controller.abort(new ToolkitError('Stopped by Ctrl-C', 'INTERRUPTED'));
          },
        },
      ),
    );
    expect(await run).toMatchObject({ code: 'INTERRUPTED', hint: expect.stringContaining('same command') });
    expect(incomplete()).toHaveLength(1);
    hub.interfere = () => false;
    hub.requests.length = 0;
    await pull();
    expect(rangesAsked()[0]).toMatch(/^bytes=[1-9]\d{4}-$/);
    expect(isWeights(shown('model.safetensors'))).toBe(true);
  });
});

describe('the disk', () => {
  it('must have room, for what is still to come', async () => {
    publish(tiny());
    const room = (bytes: number): Partial<PullPorts> => ({ resources: { freeDiskBytes: async () => bytes } });
    const total = WEIGHTS.length + 8;
    expect(await failure(pull({}, room(total - 1)))).toMatchObject({ code: 'OUT_OF_RESOURCES' });
    expect(hub.bytesServed).toBe(0);
    writeFileSync(join(model, 'blobs', `${sha256(WEIGHTS)}.free.incomplete`), WEIGHTS.subarray(0, 1000));
    await pull({}, room(total - 1000));
    expect(await pull({}, room(0))).toMatchObject({ fetched_bytes: 0 });
  });
});

describe('without a network', () => {
  const offline = { HF_HUB_OFFLINE: '1' };

  it('a whole model in the cache is taken, by branch and by commit', async () => {
    publish(tiny());
    const { folder } = await pull();
    hub.requests.length = 0;
    for (const revision of ['main', COMMIT]) {
      const result = await pull({ revision }, {}, offline);
      expect(result).toMatchObject({ folder, commit: COMMIT, fetched_bytes: 0 });
      expect(result.offline_reason).toContain('HF_HUB_OFFLINE');
    }
    expect(hub.requests).toEqual([]);
    hub.interfere = (_request, response) => {
      response.destroy();
      return true;
    };
    expect((await pull()).offline_reason).toContain('the connection broke');
  });

  it('it can be copied into a folder', async () => {
    publish(tiny());
    await pull();
    const out = join(home, 'out');
    await pull({ out }, {}, offline);
    expect(tree(out)).toEqual(NAMES);
    expect(isWeights(readFileSync(join(out, 'model.safetensors')))).toBe(true);
  });

  it('a part of a model is not taken for it', async () => {
    const index = JSON.stringify({
      weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
    });
    publish({
      'config.json': small('{}'),
      'model.safetensors.index.json': small(index),
      'model-00001-of-00002.safetensors': large(Buffer.from('1')),
      'model-00002-of-00002.safetensors': large(Buffer.from('2')),
    });
    await pull({ exclude: ['*-00002-of*'] });
    expect(await failure(pull({}, {}, offline))).toMatchObject({ code: 'NETWORK' });
    await pull();
    expect((await pull({}, {}, offline)).files).toHaveLength(4);
  });

  it('what was never downloaded is not there', async () => {
    expect(await failure(pull({}, {}, offline))).toMatchObject({
      code: 'NETWORK',
      hint: expect.stringContaining('HF_HUB_OFFLINE'),
    });
  });
});

it('says what a gated model asks for, and downloads nothing', async () => {
  hub.models.set(ID, { commit: COMMIT, files: tiny(), gated: true });
  const error = await failure(pull());
  expect(error.hint).toContain('Accept the licence');
  expect(blobs()).toEqual([]);
  await pull({}, {}, { HF_TOKEN: 'hf_allowed' });
  expect(isWeights(shown('model.safetensors'))).toBe(true);
});
