import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSamples } from '../../../src/core/evaluation/result-files.js';
import { compareResults } from '../../../src/lifecycle/evaluate/compare.js';
import { evaluateBeforeAfter } from '../../../src/lifecycle/evaluate/before-after.js';
import { evaluate, type EvaluatePorts } from '../../../src/lifecycle/evaluate/evaluate.js';
import { listEvaluations } from '../../../src/lifecycle/evaluate/list.js';
import { systemClock } from '../../../src/platform/clock.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { cpuEngine } from '../../core/generation/models.js';
import { sentimentRows, writeRows, writeTinyLlama } from '../adapt/tiny-run.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-evaluate-'));
  await writeTinyLlama(join(folder, 'model'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const TASKS = fileURLToPath(new URL('../../../templates/tasks', import.meta.url));

function ports(changed: Partial<EvaluatePorts> = {}): EvaluatePorts {
  return {
    ...{
      files: nodeFileSystem,
      environment: {},
      clock: systemClock,
      toolkitVersion: '1.2.3',
      taskFolder: TASKS,
      promptFolder: fileURLToPath(new URL('../../../templates/prompts', import.meta.url)),
    },
    fetch: () => expect.fail('the network was used'),
    fetchDataset: () => expect.fail('the hub was asked'),
    createEngine: async () => cpuEngine(),
    ...changed,
  };
}

/** A chat service that answers with what a function makes of the last message, and keeps those it was asked. */
function service(answer: (question: string) => string, asked: string[]): typeof fetch {
  return async (_address, request) => {
    const { messages } = JSON.parse(request!.body as string) as { messages: { content: string }[] };
    const question = messages.at(-1)!.content;
    asked.push(question);
    const content = answer(question);
    // A connection breaks off with its signal.
    request!.signal?.throwIfAborted();
    const body = {
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 3 },
    };
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  };
}

const QUESTIONS = ['one', 'two', 'three', 'four', 'five', 'six'].map((word, index) => ({
  prompt: `Write ${word} in digits.`,
  completion: String(index + 1),
}));
const MODEL = 'openai:model@http://localhost:1/v1';

describe('recorded outputs', () => {
  it('have the values that follow from them', async () => {
    const dataset = writeRows(join(folder, 'questions.jsonl'), QUESTIONS);
    // Right are 1, 2 and 4; the third says a word more.
    const said = ['1', ' 2 ', 'It is 3', '4', 'five', ''];
    const outputs = writeRows(
      join(folder, 'outputs.jsonl'),
      QUESTIONS.map(({ prompt }, row) => ({ prompt, completion: said[row] })),
    );
    const out = join(folder, 'recorded');
    const { evaluation, samples } = await evaluate(
      { model: `recorded:${outputs}`, dataset, metrics: ['exact-match', 'squad-f1'], out },
      ports(),
    );
    const values = Object.fromEntries(evaluation.metrics.map(({ metric, value }) => [metric, value]));
    // By hand: "It is 3" has 1 of 3 words right, so F1 = 2 × (1/3 × 1) / (4/3) = 1/2.
    expect(values).toEqual({
      'exact-match': 0.5,
      'squad-f1': (1 + 1 + 0.5 + 1) / 6,
      'squad-f1/squad_exact_match': 0.5,
    });
    expect(samples.map(({ scores }) => scores['squad-f1'])).toEqual([1, 1, 0.5, 1, 0, 0]);
    expect(await readSamples(nodeFileSystem, out, evaluation.task)).toEqual(samples);

    const results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as {
      results: Record<string, Record<string, unknown>>;
      'n-samples': unknown;
      higher_is_better: unknown;
    };
    // The standard error of a mean, by hand: sqrt(0.25 × 6/5 / 6).
    expect(results.results).toMatchObject({
      questions: {
        alias: 'questions',
        'exact_match,strip': 0.5,
        'exact_match_stderr,strip': expect.closeTo(Math.sqrt(0.05), 12) as number,
      },
    });
    expect(results['n-samples']).toEqual({ questions: { original: 6, effective: 6 } });
    expect(results.higher_is_better).toMatchObject({ questions: { exact_match: true } });
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);

    await expect(
      evaluate({ model: `recorded:${outputs}`, dataset, metrics: ['bleu'], out }, ports()),
    ).rejects.toMatchObject({ code: 'USAGE', message: `${out}: holds a finished evaluation already` });
    const again = {
      model: `recorded:${outputs}`,
      dataset,
      metrics: ['exact-match'],
      out,
      force: true,
      limit: 3,
    };
    expect((await evaluate(again, ports())).evaluation.metrics[0]!.value).toBeCloseTo(2 / 3, 12);
  });
});

describe('an evaluation that is stopped', () => {
  it('goes on where it was, asking nothing twice', async () => {
    const dataset = writeRows(join(folder, 'resumed.jsonl'), QUESTIONS);
    const out = join(folder, 'resumed');
    const options = { model: MODEL, chat: true, dataset, metrics: ['exact-match'], out, concurrency: 1 };
    const stop = new AbortController();
    const asked: string[] = [];
    const fetch = service((question) => {
      if (asked.length === 4) stop.abort(new Error('stopped'));
      return String(QUESTIONS.findIndex(({ prompt }) => prompt === question) + 1);
    }, asked);
    await expect(evaluate(options, ports({ fetch, signal: stop.signal }))).rejects.toThrow('stopped');
    expect(readdirSync(out)).toEqual(['cache']);
    const before = asked.length;
    expect(before).toBe(4);

    const { evaluation } = await evaluate(options, ports({ fetch }));
    expect(evaluation.metrics[0]!.value).toBe(1);
    // The row under way when it was stopped is asked again, the three answered before are not.
    expect(evaluation.usage.cached_rows).toBe(3);
    expect(asked.slice(before)).toHaveLength(3);
    for (const question of asked.slice(0, 3)) expect(asked.slice(before)).not.toContain(question);
    expect(evaluation.usage).toMatchObject({ prompt_tokens: 42, completion_tokens: 18 });
  });
});

describe('a model in a folder', () => {
  it('is compared with itself only where it was asked the same', async () => {
    const dataset = writeRows(join(folder, 'shown.jsonl'), QUESTIONS);
    const folders = ['none', 'one'].map((name) => join(folder, `shots-${name}`));
    for (const [shots, out] of folders.entries()) {
      const fetch = service(() => '1', []);
      await evaluate(
        { model: MODEL, chat: true, dataset, metrics: ['exact-match'], limit: 3, shots, out },
        ports({ fetch }),
      );
    }
    const [a, b] = folders as [string, string];
    await expect(compareResults({ a, b }, ports())).rejects.toMatchObject({
      code: 'USAGE',
      message: `${a} and ${b} are of shown, but prompts, shots or scoring differ`,
    });
    expect(await compareResults({ a, b, force: true }, ports())).toMatchObject({ rows: 3 });
  });

  it('chooses labels, by a task file as by metrics alone, and before and after', async () => {
    const dataset = writeRows(join(folder, 'reviews.jsonl'), sentimentRows(8));
    writeFileSync(
      join(folder, 'reviews.yaml'),
      [
        'task: reviews',
        'kind: classification',
        'dataset: { path: reviews.jsonl }',
        'prompt: { template: prompt, target_separator: "" }',
        'labels: [" negative", " positive"]',
        'target: completion',
        'metrics: [accuracy, f1]',
      ].join('\n'),
    );
    const model = join(folder, 'model');
    const byTask = await evaluate(
      { model, task: join(folder, 'reviews.yaml'), out: join(folder, 'by-task') },
      ports(),
    );
    const byMetrics = await evaluate(
      { model, dataset, metrics: ['accuracy', 'f1'], out: join(folder, 'by-metrics') },
      ports(),
    );
    expect(byMetrics.evaluation.metrics).toEqual(byTask.evaluation.metrics);
    expect(byMetrics.samples.map(({ choices }) => choices)).toEqual(
      byTask.samples.map(({ choices }) => choices),
    );
    expect(byTask.samples.every(({ completion_tokens }) => completion_tokens === 4)).toBe(true);

    const [a, b] = [join(folder, 'by-task'), join(folder, 'by-metrics')];
    // One and the same task, however it was put together.
    const comparison = await compareResults({ a, b, report: join(folder, 'compare.html') }, ports());
    expect(comparison).toMatchObject({ rows: 8, metrics: [{ difference: 0 }, { difference: 0 }] });
    expect(readFileSync(join(folder, 'compare.html'), 'utf8')).toMatch(/^<!doctype html>/);

    const options = {
      ...{
        base: model,
        tuned: `local:${model}`,
        task: join(folder, 'reviews.yaml'),
        out: join(folder, 'both'),
      },
      general: join(folder, 'texts.yaml'),
    };
    await expect(evaluateBeforeAfter(options, ports())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    writeFileSync(
      join(folder, 'texts.yaml'),
      'task: texts\nkind: perplexity\ndataset: { path: reviews.jsonl }\ntarget: prompt\n',
    );
    // What was finished for the task is not computed again.
    const engines: string[] = [];
    const createEngine: EvaluatePorts['createEngine'] = async () => (engines.push('made'), cpuEngine());
    const { task, general } = await evaluateBeforeAfter(options, ports({ createEngine }));
    expect(engines).toHaveLength(2);
    expect(task.comparison).toMatchObject({
      a: 'base',
      b: 'tuned',
      rows: 8,
      metrics: [{ difference: 0 }, {}],
    });
    expect(task.base.metrics).toEqual(byTask.evaluation.metrics);
    expect(general!.comparison.metrics.map(({ metric }) => metric)).toEqual(
      ['perplexity', 'word-perplexity', 'bits-per-byte'],
    ); // prettier-ignore
    expect(general!.comparison.metrics[0]!.difference).toBeCloseTo(0, 3);
  });
});

describe('what is asked for', () => {
  const wrong = async (options: object): Promise<unknown> =>
    evaluate({ model: MODEL, ...options }, ports()).catch((error: unknown) => error);

  it('is checked before anything is computed', async () => {
    const dataset = join(folder, 'questions.jsonl');
    expect(await wrong({})).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('--task') as string,
    });
    expect(await wrong({ dataset })).toMatchObject({ code: 'USAGE', message: '--metric is missing' });
    expect(await wrong({ task: 'hellaswg', dataset })).toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean hellaswag?',
    });
    expect(await wrong({ task: 'sst2', dataset, metrics: ['f1'] })).toMatchObject({ code: 'USAGE' });
    expect(await wrong({ dataset, metrics: ['accuracy', 'perplexity'] })).toMatchObject({
      code: 'USAGE',
      message: '--metric: accuracy is of classification, perplexity of perplexity',
    });
    expect(await wrong({ dataset, metrics: ['exact-match'], limit: 0 })).toMatchObject({ code: 'USAGE' });
    expect(
      await wrong({ dataset, metrics: ['exact-match'], thresholds: [{ metric: 'bleu', value: 1 }] }),
    ).toMatchObject({ code: 'USAGE', message: '--fail-under: "bleu" is not measured' });
    expect(await wrong({ dataset: join(folder, 'nowhere'), metrics: ['bleu'] })).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('the list', () => {
  it('is sorted, tells of damaged results, and has the ready tasks', async () => {
    const runs = join(folder, 'listed');
    mkdirSync(join(runs, 'damaged'), { recursive: true });
    writeFileSync(join(runs, 'damaged', 'results.json'), '{"results":{}}');
    const dataset = join(folder, 'questions.jsonl');
    for (const name of ['second', 'first']) {
      const renamed = join(folder, `${name}.jsonl`);
      writeFileSync(renamed, readFileSync(dataset));
      const fetch = service(() => '1', []);
      await evaluate(
        {
          model: MODEL,
          chat: true,
          dataset: renamed,
          metrics: ['exact-match'],
          out: join(runs, 'deep', name),
        },
        ports({ fetch }),
      );
    }
    const list = await listEvaluations({ folder: runs }, ports());
    expect(list.results.map(({ task, folder: place }) => [task, place])).toEqual([
      ['first', join(runs, 'deep', 'first')],
      ['second', join(runs, 'deep', 'second')],
    ]);
    expect(list.unreadable.map(({ folder: place }) => place)).toEqual([join(runs, 'damaged')]);
    expect(list.tasks.find(({ task }) => task === 'gsm8k')).toEqual({
      ...{ task: 'gsm8k', kind: 'generation', metrics: ['exact-match'], shots: 5, dataset: 'openai/gsm8k' },
    });
    await expect(listEvaluations({ folder: join(folder, 'nowhere') }, ports())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
