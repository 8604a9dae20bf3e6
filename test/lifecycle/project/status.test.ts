import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectStatus } from '../../../src/core/project/project-status.js';
import { checkScope, writeScope } from '../../../src/core/scope/scope.js';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { readStatus } from '../../../src/lifecycle/project/status.js';
import { nodeFileSystem, type FileSystem } from '../../../src/platform/file-system.js';

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'genai-project-'));
  const scope = checkScope({ version: 1, name: 'p', task: 'summarization', labelled_examples: 5 });
  write('scope.yaml', writeScope(scope));
});
afterEach(() => rmSync(project, { recursive: true }));

function write(path: string, content: string | object): void {
  mkdirSync(join(project, path, '..'), { recursive: true });
  writeFileSync(join(project, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const status = (files: FileSystem = nodeFileSystem): Promise<ProjectStatus> =>
  readStatus({ from: project }, { files, now: () => 0, onProgress: () => undefined });

/** A finished run as `adapt fine-tune` leaves it; where it was made is not where it is. */
function writeRun(name: string, changed: { inputs?: object[]; perplexity?: number | null } = {}): void {
  const out = `/elsewhere/p/runs/${name}`;
  const { inputs = [], perplexity = 8 } = changed;
  const options = { out, model: '/elsewhere/p/models/tiny', method: 'lora' };
  write(`runs/${name}/run.json`, { stage: 'fine-tune', options, options_sha256: '', inputs });
  const losses = { train_loss: 2, eval_loss: perplexity === null ? null : Math.log(perplexity), perplexity };
  write(`runs/${name}/result.json`, { steps: 3, ...losses, output_dir: `${out}/adapter` });
}

describe('what a run tells', () => {
  it('is read where the project is now, and its own evaluation counts for a task that nothing else measures', async () => {
    write('models/tiny/config.json', {});
    write('data/train.jsonl', 'abc');
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    writeRun('first', { inputs: [{ path: '/elsewhere/p/data/train.jsonl', bytes: 3, sha256 }] });
    const { stages, next } = await status();
    expect(stages.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'next']);
    // No choice was recorded: it is that of the run.
    expect(stages[1]!.steps).toMatchObject([{ name: 'runs/first', results: { model: 'models/tiny' } }]);
    expect(stages[3]!.steps).toMatchObject([{ name: 'runs/first/result.json', results: { perplexity: 8 } }]);
    expect(next!.command).toBe('genai adapt merge --adapter runs/first/adapter --out exports/first');
    // As many bytes, but others.
    write('data/train.jsonl', 'abd');
    expect((await status()).stages[2]).toMatchObject({
      steps: [{ state: 'stale', reasons: ['data/train.jsonl has changed since'] }],
    });
  });

  it('without evaluation rows is no evaluation', async () => {
    write('models/tiny/config.json', {});
    writeRun('first', { perplexity: null });
    expect((await status()).next).toMatchObject({
      stage: 'evaluate',
      command: 'genai chat runs/first',
    });
  });

  it('that was interrupted is how to go on', async () => {
    write('models/tiny/config.json', {});
    writeRun('first');
    rmSync(join(project, 'runs/first/result.json'));
    const { stages } = await status();
    expect(stages[2]!.steps).toMatchObject([
      { state: 'unfinished', command: 'genai adapt fine-tune --resume runs/first' },
    ]);
  });
});

describe('a hostile folder', () => {
  it.each([
    ['not JSON', '{'],
    ['another form', '{"stage":"fine-tune","options":{"out":7},"inputs":[]}'],
    ['no object', 'null'],
    ['huge', `"${'x'.repeat(2 ** 20)}"`],
  ])('with a run.json that is %s is told of, and hides nothing else', async (_, text) => {
    write('runs/bad/run.json', text);
    write('models/tiny/config.json', {});
    writeRun('good');
    const { stages } = await status();
    expect(stages[2]!.steps.map(({ name, state }) => [name, state])).toEqual([
      ['runs/bad', 'damaged'],
      ['runs/good', 'done'],
    ]);
    expect(stages[2]!.steps[0]!.reasons[0]).toContain('run.json');
  });

  it('with pipes, loops of links and folders in place of files never hangs', async () => {
    mkdirSync(join(project, 'runs/pipe'), { recursive: true });
    execFileSync('mkfifo', [join(project, 'runs/pipe/run.json')]);
    symlinkSync('.', join(project, 'runs/loop'));
    mkdirSync(join(project, 'stages/select.yaml'), { recursive: true });
    writeRun('reads-a-pipe', {
      inputs: [{ path: join(project, 'runs/pipe/run.json'), bytes: 9, sha256: '' }],
    });
    const { stages } = await status();
    expect(stages[1]!.steps[0]).toMatchObject({ name: 'stages/select.yaml', state: 'damaged' });
    expect(stages[2]!.steps).toMatchObject([
      { name: 'runs/pipe', state: 'damaged' },
      { name: 'runs/reads-a-pipe', state: 'stale' },
    ]);
  });

  it('with files that may not be read is told of', async () => {
    writeRun('first');
    const secret = join(project, 'runs/first/run.json');
    const files: FileSystem = {
      ...nodeFileSystem,
      readText: (path) =>
        path === secret
          ? Promise.reject(new ToolkitError(`${path}: no permission to read it`, 'WRITE_FAILED'))
          : nodeFileSystem.readText(path),
    };
    expect((await status(files)).stages[2]!.steps).toMatchObject([
      { state: 'damaged', reasons: [`${secret}: no permission to read it`] },
    ]);
  });

  it('with a scope that is wrong says what is wrong with it first', async () => {
    write('scope.yaml', 'version: 1\nname: p\ntask: sumarization\n');
    const { name, stages, next } = await status();
    expect(name).toBeNull();
    expect(stages[0]!.steps[0]).toMatchObject({ state: 'damaged' });
    expect(stages[0]!.steps[0]!.reasons[0]).toContain('scope.yaml:3: task: must be one of');
    expect(next!.command).toBe('genai scope --from scope.yaml');
  });

  it('whose inputs claim to be elsewhere reads nothing into the project', async () => {
    writeRun('first', { inputs: [{ path: '/elsewhere/p/../../etc/hostname', bytes: 1, sha256: 'x' }] });
    const { stages } = await status();
    expect(stages[2]!.steps[0]!.state).toBe('stale');
    expect(stages[2]!.steps[0]!.reasons[0]).toMatch(/^\/etc\/hostname /);
  });
});
