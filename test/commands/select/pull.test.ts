import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Pull from '../../../src/commands/select/pull.js';
import type { PullResult } from '../../../src/lifecycle/select/pull/pull.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand, type CommandRun } from '../../cli/run-command.js';
import { FakeHub, type FakeFile } from '../../platform/hub/fake-hub.js';

const COMMIT = 'c'.repeat(40);
const file = (content: string): FakeFile => ({ content: Buffer.from(content) });

let hub: FakeHub;
let home = '';
beforeAll(async () => {
  hub = await FakeHub.start();
});
afterAll(() => hub.stop());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'genai-pull-'));
});
afterEach(() => {
  hub.reset();
  rmSync(home, { recursive: true });
});

const pull = async (...argv: string[]): Promise<CommandRun> =>
  runCommand(Pull, argv, fakePorts({ environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: home } }));

const publish = (id: string, files: Record<string, FakeFile> = {}): void => {
  hub.models.set(id, {
    commit: COMMIT,
    files: {
      'config.json': file('{}'),
      'vocab.txt': file('a'),
      'model.safetensors': { ...file('weights'), lfs: true },
      ...files,
    },
  });
};

describe('genai select pull', () => {
  it('says what came and where it is, with progress in bytes', async () => {
    publish('acme/tiny');
    const folder = join(home, 'hub', 'models--acme--tiny', 'snapshots', COMMIT);
    const { stdout, stderr } = await pull('acme/tiny');
    expect(stdout).toBe(
      `acme/tiny (commit cccccccccccc): 3 files, 10 B; 10 B were missing. The model is in ${folder}\n`,
    );
    expect(stderr).toMatch(/^download {2}\d+ % {2}\d+ B\/10 B/);
    expect(readFileSync(join(folder, 'model.safetensors'), 'utf8')).toBe('weights');
    expect((await pull('hf:acme/tiny')).stdout).toContain('all were here already');
  });

  it('gives the same as JSON', async () => {
    publish('acme/tiny');
    const { stdout } = await pull('acme/tiny', '--include', '*.json', '*.txt', '--exclude', 'v*', '--json');
    expect(JSON.parse(stdout) as PullResult).toMatchObject({
      id: 'acme/tiny',
      revision: 'main',
      commit: COMMIT,
      files: [{ path: 'config.json', bytes: 2 }],
      total_bytes: 2,
      skipped_pickles: [],
      offline_reason: null,
    });
  });

  it('names the pickles that it left out, made safe to print', async () => {
    publish('acme/tiny', { 'pytorch\u001b[2J.bin': file('x') });
    const { stdout } = await pull('acme/tiny');
    expect(stdout).toContain(
      'Left out, since reading a pickle can run code and other weights are there: pytorch\\x1b[2J.bin',
    );
  });

  it('says when the cache stands in for the hub', async () => {
    publish('acme/tiny');
    await pull('acme/tiny');
    hub.interfere = (_request, response) => {
      response.writeHead(418).end();
      return true;
    };
    expect((await pull('acme/tiny')).stdout).toMatch(/^Taken from the cache: .*status 418/);
  });

  it.each([
    [[]],
    [['gpt2']],
    [['acme/../x']],
    [['acme/tiny', 'acme/other']],
    [['acme/tiny', '--revision', '../main']],
    [['acme/tiny', '--revision', '']],
    [['acme/tiny', '--include', '']],
    [['acme/tiny', '--out', '']],
    [['acme/tiny', '--include']],
  ])('refuses %j, and asks nobody', async (argv) => {
    publish('acme/tiny');
    expect((await pull(...argv)).error).toMatchObject({ code: 'USAGE' });
    expect(hub.requests).toEqual([]);
  });

  it('knows an unknown model and an unknown revision', async () => {
    publish('acme/tiny');
    expect((await pull('acme/none')).error).toMatchObject({ code: 'NOT_FOUND', exitCode: 3 });
    expect((await pull('acme/tiny', '--revision', 'v2')).error).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(exampleCommandLines(Pull, 'select pull'))('runs its example: %s %s %s …', async (...line) => {
    publish('HuggingFaceTB/SmolLM2-135M');
    const out = line.indexOf('--out') + 1;
    const words = line.map((word, index) => (out > 0 && index === out ? join(home, word) : word));
    const { error, result } = await pull(...words.slice(3));
    expect(error).toBeUndefined();
    expect(existsSync(join((result as PullResult).folder, 'config.json'))).toBe(true);
  });
});
