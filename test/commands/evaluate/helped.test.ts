/** Evaluations that ask other models, from the command line to a real HTTP server: what is asked, shown and kept. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import EvaluateCompare from '../../../src/commands/evaluate/compare.js';
import Evaluate from '../../../src/commands/evaluate/index.js';
import { readEvaluation } from '../../../src/lifecycle/evaluate/read-evaluation.js';
import type { BeforeAfterResult } from '../../../src/lifecycle/evaluate/before-after.js';
import type { CompareResult } from '../../../src/lifecycle/evaluate/compare.js';
import type { EvaluateResult } from '../../../src/lifecycle/evaluate/evaluate.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { runCommand } from '../../cli/run-command.js';
import { answerWith, FakeService, type Reaction } from '../../core/providers/fake-service.js';
import { STARTER_MODEL, writeRows } from '../../lifecycle/adapt/tiny-run.js';

let folder: string;
let dataset: string;
let service: FakeService;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-helped-'));
  service = await FakeService.start();
  dataset = writeRows(
    join(folder, 'rows.jsonl'),
    ['one', 'two', 'three', 'four'].map((word) => ({ prompt: `Write ${word}:`, completion: ` ${word}` })),
  );
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

function record(name: string, answers: readonly string[]): string {
  const rows = ['one', 'two', 'three', 'four'].map((word, row) => ({
    prompt: `Write ${word}:`,
    completion: answers[row],
  }));
  return `recorded:${writeRows(join(folder, `${name}.jsonl`), rows)}`;
}

/** A chat service that replies by a function of the user's turn. */
function replies(reply: (shown: string, seed: number | undefined) => string): Reaction {
  return (response, request) => {
    const { messages, seed } = request.body as { messages: { content: string }[]; seed?: number };
    const content = reply(messages.at(-1)!.content, seed);
    const choices = [{ message: { content }, finish_reason: 'stop' }];
    answerWith({ choices, usage: { prompt_tokens: 7, completion_tokens: 3 } })(response, request);
  };
}

const spec = (name: string): string => `openai:${name}@${service.address}/v1`;
const answerIn = (shown: string, name = 'answer'): string =>
  new RegExp(`^<<< ${name} [0-9a-f]+\\n(.*?)\\n>>> ${name}`, 'ms').exec(shown)![1]!;

describe('a judge', () => {
  const answers = ['one', '2', 'a lot </script><img src=x onerror=alert(1)>\u001b[2J', 'four'];

  it('rates the answers; what it says is escaped, and an evaluation that was stopped goes on', async () => {
    const rate = (shown: string): string => {
      const answer = answerIn(shown);
      if (answer === '2') return 'In digits. [[3]]';
      return answer.startsWith('a lot') ? `Odd: ${answer}` : 'Right. [[5]]';
    };
    const words = [record('judged', answers), '--dataset', dataset, '--metric', 'judge'];
    const out = join(folder, 'judged');
    const asJudged = [
      ...words,
      '--judge',
      spec('judge'),
      '--out',
      out,
      '--retries',
      '0',
      '--concurrency',
      '1',
    ];

    let left = 2;
    service.play((response, request) =>
      (left-- > 0 ? replies(rate) : answerWith({ error: { message: 'no' } }, 400))(response, request),
    );
    expect((await runCommand(Evaluate, asJudged)).error).toMatchObject({ code: 'NETWORK' });
    service.play(replies(rate));
    const { result, stdout, error } = await runCommand(Evaluate, asJudged);
    expect(error).toBeUndefined();
    // Two of four replies were kept.
    expect(service.received).toHaveLength(2);
    expect(service.received[0]!.body).toMatchObject({ model: 'judge', temperature: 0, max_tokens: 512 });
    // By hand: (5 + 3 + 5) / 3, and one reply of four without a rating.
    const measured = result as EvaluateResult;
    expect(measured.metrics.map(({ metric, value }) => [metric, value])).toEqual([
      ['judge', expect.closeTo(13 / 3, 12) as number],
      ['judge/judge_unreadable', 0.25],
    ]);
    expect(measured.judge).toMatchObject({ model: 'openai:judge', unreadable: 1, prompt_tokens: 28 });
    expect(stdout).toMatch(/judge +4\.333/);
    expect(stdout).toContain('1 of its replies held no rating, and count for nothing');
    expect(stdout).not.toContain('\u001b');

    const { samples } = await readEvaluation(nodeFileSystem, out);
    expect(samples.map(({ ratings }) => Object.values(ratings!)[0]!.rating)).toEqual([5, 3, null, 5]);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('The judge: 3');
    expect(page).toContain('In digits.');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('\u001b');
  });

  it('of a rubric in a file or in the task', async () => {
    const rubric = join(folder, 'rubric.txt');
    writeFileSync(rubric, 'Only spelling counts.\n');
    service.play(replies(() => '[[4]]'));
    const given = [record('rubric', answers), '--limit', '1', '--out', join(folder, 'rubric'), '--force'];
    const asked = ['--metric', 'judge', '--judge', spec('j'), '--judge-rubric', rubric];
    expect((await runCommand(Evaluate, [...given, '--dataset', dataset, ...asked])).error).toBeUndefined();
    const shown = () => (service.received[0]!.body['messages'] as { content: string }[])[1]!.content;
    expect(shown()).toContain('The rubric:\nOnly spelling counts.\n');

    const task = join(folder, 'task.yaml');
    writeFileSync(
      task,
      `task: t\nkind: generation\ndataset: {path: rows.jsonl}\nprompt: {template: prompt}\ntarget: completion\nmetrics:\n  - metric: judge\n    model: ${spec('own')}\n    rubric: Say 4.\n`,
    );
    service.play(replies(() => '[[4]]'));
    const { result, error } = await runCommand(Evaluate, [...given, '--task', task]);
    expect(error).toBeUndefined();
    expect((result as EvaluateResult).judge!.model).toBe('openai:own');
    expect(shown()).toContain('The rubric:\nSay 4.\n');

    service.play(replies(() => '[[4]]'));
    const other = await runCommand(Evaluate, [
      ...given,
      '--task',
      task,
      '--judge-rubric',
      'Say what you like.',
    ]);
    expect(other.error).toBeUndefined();
    expect(shown()).toContain('The rubric:\nSay what you like.\n');
  });

  it('is named, and its flags belong to its metric', async () => {
    const given = [record('named', answers), '--dataset', dataset];
    const failing = async (...words: string[]) => (await runCommand(Evaluate, [...given, ...words])).error;
    expect(await failing('--metric', 'judge')).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--judge') as string,
    });
    expect(await failing('--metric', 'exact-match', '--judge', spec('j'))).toMatchObject({
      message: '--judge is for the metric judge, which is not measured',
    });
    expect(await failing('--metric', 'exact-match', '--samples', '2')).toMatchObject({
      message: '--samples is for the metric pass-at-k, which is not measured',
    });
  });
});

describe('genai evaluate compare --judge', () => {
  it('asks in both orders, tells wins and bias, and keeps the replies', async () => {
    const evaluated = async (name: string, answers: readonly string[]): Promise<string> => {
      const out = join(folder, name);
      const words = [record(name, answers), '--dataset', dataset, '--metric', 'exact-match', '--out', out];
      expect((await runCommand(Evaluate, words)).error).toBeUndefined();
      return out;
    };
    const a = await evaluated('pair-a', ['1', 'two', '3', 'same']);
    const b = await evaluated('pair-b', ['one', '2', '<b>3</b>\u001b[31m', 'same']);
    // A judge that likes words, and else what it sees first.
    const prefer = (shown: string): string => {
      const [first, second] = [answerIn(shown, 'answer A'), answerIn(shown, 'answer B')];
      if (/^[a-z]+$/.test(second)) return `Not ${first}. [[B]]`;
      return `Rather ${first}. [[A]]`;
    };
    service.play(replies(prefer));
    const report = join(folder, 'pairs.html');
    const words = [a, b, '--judge', spec('judge'), '--report', report];
    const { result, stdout, error } = await runCommand(EvaluateCompare, words);
    expect(error).toBeUndefined();
    expect(service.received).toHaveLength(6);
    const { judgement } = result as CompareResult;
    // By hand: "one" beats "1", "2" loses to "two", of the third row the first place wins twice, the fourth is equal.
    expect(judgement).toMatchObject({
      ...{ rows: 4, wins: 1, losses: 1, ties: 2, equal_answers: 1, unreadable_rows: 0 },
      win_rate: { value: 0.5 },
      sign_test: { pValue: 1 },
      position_bias: { first: 1, second: 0, sign_test: { pValue: 1 } },
    });
    expect(stdout).toContain(
      'Judged by openai:judge in both orders: pair-b beats pair-a on 1 of 4 rows, loses on 1, ties on 2, 1 of them with equal answers.',
    );
    expect(stdout).toMatch(/^Win rate 0\.5 \(95 % interval 0?\.?\d*–\d/m);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('Rather &lt;b&gt;3&lt;/b&gt;\\x1b[31m.');
    expect(page).not.toMatch(/<b>3|\u001b/);

    service.play(() => expect.fail('asked again'));
    const again = await runCommand(EvaluateCompare, words);
    expect((again.result as CompareResult).judgement).toEqual(judgement);
  });
});

describe('embedding-similarity', () => {
  const answers = ['one', 'two', '', 'five'];
  const given = (name: string, ...more: string[]): string[] => [
    ...[record(name, answers), '--dataset', dataset, '--metric', 'embedding_similarity'],
    ...['--out', join(folder, name), ...more],
  ];

  it('needs a model that makes vectors: a service here', async () => {
    expect((await runCommand(Evaluate, given('no-vectors'))).error).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--embedding-model') as string,
    });
    // Angles of the texts, in twelfths of a turn.
    const angles: Record<string, number> = { one: 0, two: 1, three: 2, four: 3, five: 5 };
    service.play((response, request) => {
      const [text] = request.body['input'] as [string];
      const angle = (angles[text]! * Math.PI) / 6;
      answerWith({ data: [{ index: 0, embedding: [Math.cos(angle), Math.sin(angle)] }] })(response, request);
    });
    const words = given('vectors', '--embedding-model', spec('vectors'));
    const { result, stdout, error } = await runCommand(Evaluate, words);
    expect(error).toBeUndefined();
    expect(service.received.map(({ path }) => path)).toEqual(Array(5).fill('/v1/embeddings'));
    // By hand: two right answers, a blank one, and one at 60 degrees: (1 + 1 + 0 + 1/2) / 4.
    const [metric] = (result as EvaluateResult).metrics;
    expect(metric).toMatchObject({
      metric: 'embedding-similarity',
      value: expect.closeTo(0.625, 6) as number,
    });
    expect(stdout).toContain('Vectors by openai:vectors.');
    expect(readFileSync(join(folder, 'vectors', 'report.html'), 'utf8')).toContain('openai:vectors');
  });

  it('is 1 for equal texts, by a local model', async () => {
    const words = given('local-vectors', '--embedding-model', STARTER_MODEL, '--threads', '1');
    const { result, error } = await runCommand(Evaluate, words);
    expect(error).toBeUndefined();
    const { samples } = await readEvaluation(nodeFileSystem, (result as EvaluateResult).out);
    const cosines = samples.map(({ similarities }) => Object.values(similarities!)[0]!);
    expect(cosines.slice(0, 3)).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6), 0]);
    expect(cosines[3]).toBeLessThan(1);
  });
});

describe('pass-at-k', () => {
  it('asks several times with seeds of their own, and needs chance for it', async () => {
    const words = [spec('model'), '--dataset', dataset, '--metric', 'pass_at_k', '--chat'];
    const tries = ['--samples', '4', '--k', '1,4', '--out', join(folder, 'tries')];
    service.play(() => expect.fail('asked'));
    expect((await runCommand(Evaluate, [...words, ...tries])).error).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--temperature') as string,
    });
    // Right from the third try on, but for "four", which is never right.
    const tried = new Map<string, number>();
    service.play(
      replies((shown) => {
        const word = /Write (\w+):/.exec(shown)![1]!;
        tried.set(word, (tried.get(word) ?? 0) + 1);
        return tried.get(word)! > 2 && word !== 'four' ? word : 'no';
      }),
    );
    const drawn = ['--temperature', '0.8', '--seed', '10'];
    const { result, stdout, error } = await runCommand(Evaluate, [
      ...words,
      ...tries,
      ...drawn,
      '--fail-under',
      'pass@4=0.7',
    ]);
    expect(error).toBeUndefined();
    expect(service.received).toHaveLength(16);
    expect(new Set(service.received.map(({ body }) => body['seed'])).size).toBe(16);
    // By hand: three rows of four with 2 right tries of 4, one with none.
    const measured = result as EvaluateResult;
    expect(measured.metrics.map(({ metric, value }) => [metric, value])).toEqual([
      ['pass@1', expect.closeTo(0.375, 12) as number],
      ['pass@4', 0.75],
    ]);
    expect(stdout).toMatch(/pass@4 +0\.75 +0\.\d+–1/);
    const { samples } = await readEvaluation(nodeFileSystem, measured.out);
    expect(samples[0]!.completions).toEqual(['no', 'no', 'one', 'one']);
  });

  it('counts recorded outcomes of programs that were run elsewhere', async () => {
    const outcomes = ['one', 'two', 'three', 'four'].flatMap((word, row) =>
      [0, 1].map((attempt) => ({ prompt: `Write ${word}:`, passed: attempt < row })),
    );
    const file = writeRows(join(folder, 'outcomes.jsonl'), outcomes);
    const words = [`recorded:${file}`, '--dataset', dataset, '--metric', 'pass-at-k', '--check', 'recorded'];
    const { result, error } = await runCommand(Evaluate, [
      ...[...words, '--samples', '2', '--k', '1,2', '--out', join(folder, 'outcomes')],
    ]);
    expect(error).toBeUndefined();
    // By hand: 0, 1, 2 and 2 of 2 tries passed.
    expect((result as EvaluateResult).metrics.map(({ value }) => value)).toEqual([0.625, 0.75]);
  });
});

describe('before and after tuning', () => {
  it('a judge says which is better, and each has the same embedding model', async () => {
    const [base, tuned] = [
      record('base', ['1', '2', '3', '4']),
      record('tuned', ['one', 'two', 'three', '4']),
    ];
    const words = ['--base', base, '--tuned', tuned, '--dataset', dataset, '--out', join(folder, 'both')];
    service.play(replies((shown) => (answerIn(shown, 'answer A').length > 1 ? '[[A]]' : '[[B]]')));
    const { result, error } = await runCommand(Evaluate, [
      ...words,
      '--metric',
      'exact-match',
      '--judge',
      spec('j'),
    ]);
    expect(error).toBeUndefined();
    expect(service.received).toHaveLength(6);
    // By hand: three wins, and equal answers in the fourth row.
    expect((result as BeforeAfterResult).task.comparison.judgement).toMatchObject({
      ...{ wins: 3, losses: 0, ties: 1 },
      win_rate: { value: 0.875 },
      sign_test: { pValue: 0.25 },
    });

    const placed = ['--metric', 'embedding-similarity', '--force'];
    // Recorded outputs make no vectors, so that one is to be named.
    expect((await runCommand(Evaluate, [...words, ...placed])).error).toMatchObject({
      hint: expect.stringContaining('--embedding-model') as string,
    });
    const named = await runCommand(Evaluate, [
      ...words,
      ...placed,
      '--embedding-model',
      STARTER_MODEL,
      '--threads',
      '1',
    ]);
    expect(named.error).toBeUndefined();
    const { task } = named.result as BeforeAfterResult;
    expect(task.base.embedding_model).toEqual(task.tuned.embedding_model);
    expect(task.comparison.metrics[0]!.b).toBeGreaterThan(task.comparison.metrics[0]!.a);
  });
});
