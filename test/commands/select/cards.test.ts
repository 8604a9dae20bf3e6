import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import SelectAdd from '../../../src/commands/select/add.js';
import SelectCompare from '../../../src/commands/select/compare.js';
import SelectList from '../../../src/commands/select/list.js';
import SelectRecommend from '../../../src/commands/select/recommend.js';
import SelectShow from '../../../src/commands/select/show.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand, type CommandRun } from '../../cli/run-command.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genai-select-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = async (
  command: Parameters<typeof runCommand>[0],
  argv: readonly string[],
  columns?: number,
): Promise<CommandRun> =>
  runCommand(
    command,
    argv,
    fakePorts({
      environment: { XDG_DATA_HOME: folder, HF_HUB_OFFLINE: '1', HF_HOME: folder },
      ...(columns !== undefined && { columns }),
    }),
  );

/** The cells of the row that begins with a word. */
const rowOf = (stdout: string, first: string): string[] =>
  stdout
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/))
    .find(([cell]) => cell === first) ?? [];

describe('genai select list', () => {
  it('prints a table, and how many of all', async () => {
    const { stdout } = await run(SelectList, ['--family', 'GPT-2', '--sort', 'parameters']);
    expect(rowOf(stdout, 'gpt2')).toEqual([
      ...['gpt2', '124.4M', 'decoder (gpt2)', '1,024', 'modified-mit', 'open', '2019-02'],
    ]);
    expect(stdout).toMatch(/\n4 of \d+ models\.\n$/);
  });

  it('prints the same as JSON and as CSV', async () => {
    const argv = ['--arch', 'encoder', '--max-params', '110M', '--fits', '24GB'];
    const { models } = JSON.parse((await run(SelectList, [...argv, '--json'])).stdout) as {
      models: { id: string; fits_in: { total_bytes: number } }[];
    };
    expect(models.map(({ id }) => id)).toEqual(['bert-base-cased', 'bert-base-uncased']);
    const rows: Record<string, string>[] = parse((await run(SelectList, [...argv, '--csv'])).stdout, {
      columns: true,
    });
    expect(rows[1]).toMatchObject({
      id: 'bert-base-uncased',
      parameters: '109482240',
      languages: 'en',
      fits_in_dtype: 'bf16',
      fits_in_bytes: String(models[1]!.fits_in.total_bytes),
    });
  });

  it('says which filter removed most where nothing is left', async () => {
    const { stdout, error } = await run(SelectList, ['--max-params', '1B', '--min-context', '100000']);
    expect(error).toBeUndefined();
    expect(stdout).toMatch(
      /^No model passes every filter\. --min-context removes most: \d+ of \d+\. Without /,
    );
  });

  it.each([
    ['--min-context', '0'],
    ['--min-context', '-5'],
    ['--sort', 'size'],
    ['--fits', '0GB'],
    ['--max-params', '0'],
    ['--gpu', 'nothing'],
    ['--task', ''],
  ])('refuses %s %s', async (...argv) => {
    expect((await run(SelectList, argv)).error).toMatchObject({ code: 'USAGE' });
  });
});

describe('genai select show', () => {
  it('tells the licence in words, the memory, and the sources', async () => {
    const { stdout } = await run(SelectShow, ['qwen2.5-3b']);
    expect(rowOf(stdout, 'licence').join(' ')).toContain('commercial use forbidden');
    expect(rowOf(stdout, 'run in bf16')[1]).toMatch(/^\d+\.\d\d GB$/);
    expect(stdout).toContain('https://huggingface.co/Qwen/Qwen2.5-3B');
  });

  it('says of closed models that they are, and what stands in', async () => {
    const { stdout } = await run(SelectShow, ['gpt3-175b']);
    expect(rowOf(stdout, 'weights')).toEqual(['weights', 'closed: never given out']);
    expect(stdout).toContain('In its place: bloom-176b, llama-3.1-405b.');
  });

  it('fits a narrow terminal', async () => {
    const { stdout } = await run(SelectShow, ['llama-3.1-8b'], 40);
    for (const line of stdout.split('\n')) {
      if (!line.includes('https://') && !/\S{41}/.test(line)) expect(line.length).toBeLessThanOrEqual(40);
    }
  });

  it('knows the nearest of a name that nobody has', async () => {
    expect((await run(SelectShow, ['qwen2.5-8b'])).error).toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringMatching(/^Did you mean qwen/),
    });
  });
});

describe('genai select compare', () => {
  it('marks what is not the same, and nothing else', async () => {
    const { stdout } = await run(SelectCompare, ['bert-base-uncased', 'bert-large-uncased']);
    expect(rowOf(stdout, 'parameters')).toEqual(['parameters', '109.5M', '335.1M', '≠']);
    expect(rowOf(stdout, 'licence')).toEqual(['licence', 'apache-2.0', 'apache-2.0']);
  });

  it.each([[['gpt2']], [['gpt2', 'gpt2']], [[]]])('refuses %j', async (argv) => {
    expect((await run(SelectCompare, argv)).error).toMatchObject({ code: 'USAGE' });
  });
});

describe('genai select recommend', () => {
  it('reads a scope, ranks, and groups what rules the others out', async () => {
    const scope = join(folder, 'scope.yaml');
    await writeFile(
      scope,
      'version: 1\nname: x\ntask: summarization\nlanguages: [de]\nhardware: { gpu: L4 }\nlicence: { commercial_use: true }\n',
    );
    const { stdout } = await run(SelectRecommend, ['--scope', scope, '--limit', '2']);
    expect(stdout).toContain('in German, 1 × 2,048 tokens, allowing commercial use, on L4');
    expect(rowOf(stdout, '1')).toHaveLength(7);
    expect(rowOf(stdout, '3')).toEqual([]);
    expect(rowOf(stdout, 'a licence without commercial use')).toHaveLength(3);
    expect(stdout).toMatch(
      /genai select pull \S+\/\S+ gets it, and genai select use \S+\/\S+ records the choice\.\n$/,
    );
  });

  it('tells every reason with --all, and the weights with --criteria', async () => {
    const { stdout } = await run(SelectRecommend, [
      '--task',
      'chat',
      '--memory',
      '24GB',
      '--all',
      '--criteria',
    ]);
    expect(rowOf(stdout, 'gpt3-175b').join(' ')).toMatch(/never given out; .*in its place bloom-176b/);
    expect(rowOf(stdout, 'architecture').join(' ')).toContain('arXiv');
  });

  it('says so where nothing will do', async () => {
    const { stdout, error } = await run(SelectRecommend, ['--task', 'chat', '--memory', '1MB']);
    expect(error).toBeUndefined();
    expect(stdout).toContain('No model can do this. Most are ruled out by more memory to run than there is');
  });

  it('gives the same as JSON and CSV', async () => {
    const argv = ['--task', 'sentiment', '--adapt', 'full', '--memory', '24GB'];
    const { recommended } = JSON.parse((await run(SelectRecommend, [...argv, '--json'])).stdout) as {
      recommended: { id: string; score: number }[];
    };
    const rows: Record<string, string>[] = parse((await run(SelectRecommend, [...argv, '--csv'])).stdout, {
      columns: true,
    });
    expect(rows.map(({ id, score }) => [id, Number(score)])).toEqual(
      recommended.map(({ id, score }) => [id, score]),
    );
  });

  it.each([
    ['--task', 'nothing-like-it'],
    ['--task', 'chat', '--context', '0'],
    ['--task', 'chat', '--batch', '-1'],
    ['--task', 'chat', '--gpus', '-1'],
    ['--task', 'chat', '--memory', '-24GB'],
    ['--task', 'chat', '--adapt', 'magic'],
    ['--task', 'chat', '--limit', '0'],
  ])('refuses %s %s %s %s', async (...argv) => {
    expect((await run(SelectRecommend, argv)).error).toMatchObject({ code: 'USAGE' });
  });
});

describe('genai select add', () => {
  const config = { model_type: 'gpt2', vocab_size: 100, n_positions: 64, n_embd: 32, n_layer: 2, n_head: 4 };
  const writeModel = async (readme: string): Promise<string> => {
    const model = join(folder, 'mine');
    await mkdir(model);
    await writeFile(join(model, 'config.json'), JSON.stringify(config));
    await writeFile(join(model, 'README.md'), readme);
    return model;
  };

  it('writes a card that the others see, and takes it away', async () => {
    const model = await writeModel('---\nlicense: mit\n---\n');
    const { stdout } = await run(SelectAdd, [model, '--to', 'user']);
    const path = join(folder, 'genai', 'model-cards', 'mine.md');
    expect(stdout).toContain(path);
    expect(await readFile(path, 'utf8')).toMatch(/^---\n[^]*license: mit\n/);
    expect((await run(SelectList, ['--licence', 'mit', '--max-params', '1M'])).stdout).toContain(
      '1 of 108 models.',
    );
    expect((await run(SelectAdd, [model, '--to', 'user'])).error).toMatchObject({ code: 'USAGE' });
    expect((await run(SelectAdd, ['mine', '--remove'])).stdout).toContain('Removed');
    expect((await run(SelectShow, ['mine'])).error).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('shows hostile texts as text', async () => {
    const model = await writeModel(
      '---\nlicense: "\\e[31mfree\\a"\ndatasets: ["\\u202Etxet"]\nlanguage: ["\\e[2J"]\n---\n\u001b[31m',
    );
    const added = await run(SelectAdd, [model, '--to', 'user']);
    const outputs = [
      added.stdout,
      (await run(SelectShow, ['mine'])).stdout,
      (await run(SelectList, [])).stdout,
      (await run(SelectCompare, ['mine', 'gpt2'])).stdout,
      (
        await run(SelectRecommend, [
          '--task',
          'writing',
          '--memory',
          '24GB',
          '--context',
          '64',
          '--limit',
          '200',
        ])
      ).stdout,
    ];
    for (const output of outputs) {
      expect(output).toContain('mine');
      expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    expect(outputs[1]).toContain('\\x1b[31mfree\\x07');
  });

  it('asks no hub that it was told not to', async () => {
    expect((await run(SelectAdd, ['hf:acme/tiny'])).error).toMatchObject({ code: 'NETWORK' });
    expect((await run(SelectAdd, ['hf:no-slash'])).error).toMatchObject({ code: 'USAGE' });
  });

  it.each([[['x', '--remove', '--force']], [['x', '--to', 'nowhere']], [[]]])('refuses %j', async (argv) => {
    expect((await run(SelectAdd, argv)).error).toMatchObject({ code: 'USAGE' });
  });
});

describe('examples', () => {
  it.each([
    ...exampleCommandLines(SelectList, 'select list').map((line) => [SelectList, line] as const),
    ...exampleCommandLines(SelectShow, 'select show').map((line) => [SelectShow, line] as const),
    ...exampleCommandLines(SelectCompare, 'select compare').map((line) => [SelectCompare, line] as const),
    ...exampleCommandLines(SelectRecommend, 'select recommend').map(
      (line) => [SelectRecommend, line] as const,
    ),
  ])('run: %o %s', async (command, line) => {
    const { error, stdout } = await run(command, line.slice(3));
    expect(error).toBeUndefined();
    expect(stdout.length).toBeGreaterThan(100);
  });
});
