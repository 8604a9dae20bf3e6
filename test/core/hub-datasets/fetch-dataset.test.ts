import { lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readDataset } from '../../../src/core/dataset-formats/read-dataset.js';
import { loadRows } from '../../../src/core/evaluation/load-rows.js';
import type { WantedParts } from '../../../src/core/hub-datasets/choose-files.js';
import { parseDatasetId } from '../../../src/core/hub-datasets/dataset-id.js';
import { fetchDataset } from '../../../src/core/hub-datasets/fetch-dataset.js';
import { nodeDownloadFiles } from '../../../src/platform/download-files.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { huggingFaceDatasets } from '../../../src/platform/model-hub.js';
import { FakeHub, fail, sha256, type FakeFile } from '../../platform/hub/fake-hub.js';

const PARQUET_COMMIT = '0123456789abcdef0123456789abcdef01234567';
const MAIN_COMMIT = '89abcdef0123456789abcdef0123456789abcdef';
const PARQUET = 'refs/convert/parquet';
const ID = 'acme/questions';

const golden = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../golden/parquet/${name}`, import.meta.url)));
/** What pyarrow was given to write into the files. */
const { questions } = JSON.parse(golden('rows.json').toString()) as { questions: { id: string }[] };
const parquet: FakeFile = { content: golden('snappy.parquet'), lfs: true };
const jsonl = (...rows: object[]): FakeFile => ({
  content: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
});
const files = (...paths: string[]): Record<string, FakeFile> =>
  Object.fromEntries(paths.map((path) => [path, path.endsWith('.parquet') ? parquet : jsonl({ path })]));

let hub: FakeHub;
let home = '';
beforeAll(async () => {
  hub = await FakeHub.start();
});
afterAll(() => hub.stop());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'genai-datasets-'));
});
afterEach(() => {
  hub.reset();
  rmSync(home, { recursive: true });
});

const publish = (converted: string[] | null, main: string[] = []): void => {
  hub.datasets.set(ID, {
    ...(converted !== null && { [PARQUET]: { commit: PARQUET_COMMIT, files: files(...converted) } }),
    main: { commit: MAIN_COMMIT, files: files('README.md', ...main) },
  });
};

const fetched = (
  dataset = `hf:${ID}`,
  wanted: WantedParts | string = 'test',
  environment: Record<string, string> = {},
  freeDiskBytes = 1e12,
): Promise<string> =>
  fetchDataset(parseDatasetId(dataset), typeof wanted === 'string' ? { needed: [wanted] } : wanted, {
    hub: huggingFaceDatasets({ HF_ENDPOINT: hub.endpoint, HF_HOME: home, ...environment }, fetch, {
      ...{ silence: 2000, firstPause: 1 },
    }),
    fileSystem: nodeFileSystem,
    files: nodeDownloadFiles,
    resources: { freeDiskBytes: async () => freeDiskBytes },
  });

const rowsOf = async (folder: string, split = 'test') =>
  (await loadRows(nodeFileSystem, { path: folder, split })).rows;

/** Files that were asked for, without the folders before them. */
const asked = (): string[] =>
  hub.paths.filter((path) => path.includes('/resolve/')).map((path) => path.split('/').slice(6).join('/'));

describe('a dataset on the hub', () => {
  it('is taken as the hub converted it, the wanted part alone, into the shared cache', async () => {
    publish(['default/train/0000.parquet', 'default/test/0000.parquet'], ['test.jsonl']);
    const folder = await fetched();
    const repository = join(home, 'hub', 'datasets--acme--questions');
    expect(folder).toBe(join(repository, 'snapshots', PARQUET_COMMIT, 'default'));
    expect((await rowsOf(folder)).map((row) => row['id'])).toEqual(questions.map(({ id }) => id));
    expect(asked()).toEqual(['default/test/0000.parquet']);
    // The layout of huggingface_hub: contents by digest, links to them, and the commit of the branch.
    expect(lstatSync(join(folder, 'test', '0000.parquet')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(repository, 'blobs', sha256(parquet.content)))).toEqual(parquet.content);
    expect(readFileSync(join(repository, 'refs', 'refs', 'convert', 'parquet'), 'utf8')).toBe(PARQUET_COMMIT);
    hub.requests.length = 0;
    await fetched();
    expect(asked()).toEqual([]);
  });

  it('has configurations, of which one must be named where there are several', async () => {
    publish(['sst2/validation/0000.parquet', 'cola/validation/0000.parquet', 'cola/test/0000.parquet']);
    expect(await fetched(`hf:${ID}:sst2`, 'validation')).toMatch(/sst2$/);
    await expect(fetched(`hf:${ID}`, 'validation')).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `hf:${ID}: has several configurations` },
      hint: `Name one, such as hf:${ID}:cola; there are cola, sst2.`,
    });
    await expect(fetched(`hf:${ID}:sst`, 'validation')).rejects.toMatchObject({
      ...{ code: 'NOT_FOUND', message: `hf:${ID}:sst: has no configuration sst`, hint: 'Did you mean sst2?' },
    });
    await expect(fetched(`hf:${ID}:sst2`, 'test')).rejects.toMatchObject({
      ...{ code: 'NOT_FOUND', message: `hf:${ID}:sst2: has no test part` },
      hint: 'Choose another with --split; there are validation.',
    });
    publish(['plain_text/test/0000.parquet']);
    expect(await fetched()).toMatch(/plain_text$/);
  });

  it('has several files for a part, and parts under other names', async () => {
    publish(['default/dev/0000.parquet', 'default/dev/0001.parquet', 'default/auxiliary_train/0000.parquet']);
    const folder = await fetched(undefined, 'validation');
    expect(await rowsOf(folder, 'validation')).toHaveLength(2 * questions.length);
    await expect(fetched(undefined, 'auxiliary_trian')).rejects.toMatchObject({
      hint: 'Did you mean auxiliary_train? Choose another with --split; there are auxiliary_train, dev.',
    });
  });

  it.each([
    ['of its own folder', ['test.jsonl', 'train.jsonl'], undefined, ['test.jsonl']],
    [
      'in data, numbered',
      ['data/test-00000-of-00002.jsonl', 'data/test-00001-of-00002.jsonl', 'data/train.jsonl'],
      undefined,
      ['data/test-00000-of-00002.jsonl', 'data/test-00001-of-00002.jsonl'],
    ],
    ['of a configuration', ['en/test.jsonl', 'de/test.jsonl'], 'de', ['de/test.jsonl']],
    ['of a configuration in data', ['data/en/test.jsonl'], 'en', ['data/en/test.jsonl']],
  ])('has files of its own where it was not converted: %s', async (_, paths, configuration, expected) => {
    for (const converted of [null, ['default/partial-test/0000.parquet']]) {
      publish(converted, paths);
      const folder = await fetched(`hf:${ID}${configuration === undefined ? '' : `:${configuration}`}`);
      expect(await rowsOf(folder)).toEqual(expected.map((path) => ({ path })));
    }
  });

  it('is trained on with all its parts', async () => {
    hub.datasets.set(ID, {
      main: {
        commit: MAIN_COMMIT,
        files: {
          'data/train-00000-of-00002.jsonl': jsonl({ prompt: 'a', completion: ' 1' }),
          'data/train-00001-of-00002.jsonl': jsonl({ prompt: 'b', completion: ' 2' }),
          'data/validation.jsonl': jsonl({ prompt: 'c', completion: ' 3' }),
        },
      },
    });
    const folder = await fetched(undefined, { needed: ['train'], welcome: ['validation', 'test'] });
    const { splits } = await readDataset(nodeFileSystem, folder);
    expect(splits.train).toMatchObject([{ completion: ' 1' }, { completion: ' 2' }]);
    expect(splits.validation).toMatchObject([{ completion: ' 3' }]);
    expect(splits.test).toBeUndefined();
  });

  it('is taken at the revision that is named', async () => {
    publish(['default/test/0000.parquet'], ['test.jsonl']);
    expect(await fetched(`hf:${ID}@main`)).toMatch(MAIN_COMMIT);
    expect(await fetched(`hf:${ID}@${MAIN_COMMIT}`)).toMatch(MAIN_COMMIT);
    expect(await fetched(`hf:${ID}@refs/convert/parquet:default`)).toMatch(/default$/);
    await expect(fetched(`hf:${ID}@v9`)).rejects.toMatchObject({
      ...{ code: 'NOT_FOUND', message: `${ID} has no revision "v9"` },
    });
  });

  it('is gone on with where it stopped, and held against its digest', async () => {
    publish(['default/test/0000.parquet']);
    const half = parquet.content.length >> 1;
    hub.interfere = (request, response, at) => {
      if (at !== 'cdn' || request.headers.range !== undefined) return false;
      response.writeHead(200, { 'content-length': parquet.content.length, etag: '"x"' });
      response.write(parquet.content.subarray(0, half), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    const folder = await fetched();
    expect(await rowsOf(folder)).toHaveLength(questions.length);
    expect(hub.requests.at(-1)!.headers.range).toBe(`bytes=${half}-`);
  });

  it('needs no network once it is there', async () => {
    publish(['default/test/0000.parquet', 'default/train/0000.parquet']);
    const folder = await fetched();
    hub.requests.length = 0;
    expect(await fetched(undefined, 'test', { HF_HUB_OFFLINE: '1' })).toBe(folder);
    await expect(fetched(undefined, 'train', { HF_HUB_OFFLINE: '1' })).rejects.toMatchObject({
      ...{ code: 'NETWORK', message: `HF_HUB_OFFLINE forbids to ask the hub for ${ID}` },
      hint: 'The cache lacks it or a part of it: unset HF_HUB_OFFLINE to download it.',
    });
    expect(hub.requests).toEqual([]);
    hub.interfere = (_, response) => {
      response.destroy();
      return true;
    };
    expect(await fetched()).toBe(folder);
    await expect(fetched('hf:acme/other')).rejects.toMatchObject({ code: 'NETWORK' });
  });

  it('may be gated, missing, too large or of no use', async () => {
    hub.datasets.set(ID, { main: { commit: MAIN_COMMIT, files: {}, gated: true } });
    await expect(fetched(`hf:${ID}@main`)).rejects.toMatchObject({
      code: 'NETWORK',
      message: `${ID} is gated: its authors let only those read it who accept their terms`,
      hint: expect.stringContaining(`/datasets/${ID}, then set HF_TOKEN`) as string,
    });
    await expect(fetched('hf:acme/nothing')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/knows no dataset acme\/nothing$/) as string,
    });
    publish(null, ['script.py']);
    await expect(fetched()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    publish(null, ['test.arrow']);
    await expect(fetched()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /test\.arrow/ });
    publish(['default/test/0000.parquet']);
    // Datasets have neither --include nor --exclude.
    await expect(fetched(undefined, 'test', {}, 10)).rejects.toMatchObject({
      ...{ code: 'OUT_OF_RESOURCES', hint: expect.not.stringContaining('--') as string },
    });
    publish(['..\\x/test/0000.parquet']);
    await expect(fetched()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    hub.interfere = (_, response) => {
      fail(response, 403, 'Forbidden');
      return true;
    };
    await expect(fetched()).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('an id', () => {
  it.each([
    ['hf:a/b', { id: 'a/b' }],
    ['hf:a/b:c', { id: 'a/b', configuration: 'c' }],
    ['hf:a/b@v1.0:3.0.0', { id: 'a/b', revision: 'v1.0', configuration: '3.0.0' }],
    ['hf:a/b@refs/pr/1', { id: 'a/b', revision: 'refs/pr/1' }],
  ])('is read: %s', (text, expected) => {
    const none = { revision: undefined, configuration: undefined };
    expect(parseDatasetId(text)).toEqual({ ...none, ...expected });
  });

  it.each(['hf:a', 'hf:a/b/c', 'hf:a/b:', 'hf:a/b@', 'hf:a/b:..', 'hf:a/b:c:d', 'hf:'])(
    'is refused: %s',
    (text) => {
      expect(() => parseDatasetId(text)).toThrow(/is no id of a dataset/);
    },
  );
});
