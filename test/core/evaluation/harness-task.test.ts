import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scoreChoices } from '../../../src/core/evaluation/choice-scores.js';
import { applyFilter } from '../../../src/core/evaluation/filters.js';
import { isHarnessTask, readHarnessTask } from '../../../src/core/evaluation/harness-task.js';
import { taskMeasures } from '../../../src/core/evaluation/task-measures.js';
import { normalizeAnswer } from '../../../src/core/evaluation/normalization.js';
import type { ErrorCode } from '../../../src/core/errors/exit-codes.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import type { EvaluationCase, ExpectedEvaluation } from '../../golden/evaluation-cases.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

const FOLDER = join(GOLDEN, 'evaluation', 'harness');
/** What lm-evaluation-harness itself makes of the same files (test/golden/make-evaluation.py). */
const expected = readJson<ExpectedEvaluation>(GOLDEN, 'evaluation', 'expected.json').harness;
const cases = readJson<Record<string, EvaluationCase>>(FOLDER, 'rows.json');

const scratch = mkdtempSync(join(tmpdir(), 'harness-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(scratch, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('a task of lm-evaluation-harness', () => {
  it.each(Object.keys(cases))('%s is rendered and scored as by the harness', async (name) => {
    const task = await readHarnessTask(nodeFileSystem, join(FOLDER, `${name}.yaml`));
    const { rows, examples } = cases[name]!;
    const golden = expected[name]!;
    expect(golden.rows).toHaveLength(rows.length);
    expect(task.definition.task).toBe(name);
    for (const [index, row] of rows.entries()) {
      const wanted = golden.rows[index]!;
      const plain = task.render(row);
      const shown = task.render(row, examples);
      if (task.definition.kind === 'perplexity') {
        expect(plain).toEqual({ prompt: { kind: 'text', text: '' }, targets: [wanted.target] });
        continue;
      }
      expect(plain.prompt).toEqual({ kind: 'text', text: wanted.zero_shot });
      expect(shown.prompt).toEqual({ kind: 'text', text: wanted.with_examples });
      if (wanted.requests !== undefined) {
        expect(plain.choices!.map(({ continuation }) => [wanted.zero_shot, continuation])).toEqual(
          wanted.requests,
        );
        const texts = plain.choices!.map(({ text }) => text);
        expect(scoreChoices(wanted.log_likelihoods!, texts, plain.targetIndices!)).toMatchObject(
          wanted.scores!,
        );
      } else {
        expect(plain.targets).toEqual([wanted.target]);
        expect(task.definition.generation.stop).toEqual(golden.until);
      }
      for (const { generated, filter, answer, exact_match: score } of wanted.generated ?? []) {
        const { filters, normalization } = task.definition;
        expect(
          applyFilter(
            filters.find((candidate) => candidate.name === filter)!,
            generated,
          ),
        ).toBe(answer);
        const [given, right] = [answer, plain.targets[0]!].map((text) =>
          normalizeAnswer(text, normalization),
        );
        expect(Number(given === right)).toBe(score);
      }
    }
  });

  it('says where rows, examples and settings come from', async () => {
    const choices = await readHarnessTask(nodeFileSystem, join(FOLDER, 'column-choices.yaml'));
    expect(choices.definition).toMatchObject({
      kind: 'multiple_choice',
      dataset: { path: 'example/common', split: 'test' },
      shots: { count: 0, from: 'train', strategy: 'random' },
      metrics: ['acc', 'acc_norm', 'acc_bytes'],
    });
    const answers = await readHarnessTask(nodeFileSystem, join(FOLDER, 'short-answer.yaml'));
    expect(answers.definition).toMatchObject({
      kind: 'generation',
      shots: { count: 2, strategy: 'first', examples: cases['short-answer']!.examples },
      generation: { max_new_tokens: 40, temperature: 0 },
      metrics: ['exact-match'],
      normalization: { ignore_case: true, ignore_punctuation: true, regexes_to_ignore: [','] },
    });
    const rolling = await readHarnessTask(nodeFileSystem, join(FOLDER, 'rolling.yaml'));
    expect(rolling.definition.metrics).toEqual(['word-perplexity', 'bits-per-byte']);
  });

  it('lets its own fields go before included ones, and the later of two included files before the earlier', async () => {
    write('first_yaml', 'output_type: multiple_choice\ndoc_to_text: one\ndoc_to_choice: [a, b]\n');
    write('deep/second_yaml', 'doc_to_text: two\ndescription: second\nprocess_docs: !function utils.clean\n');
    const path = write(
      'own.yaml',
      'include: [first_yaml, deep/second_yaml]\ntask: own\nprocess_docs: null\ndescription: own\ndoc_to_target: 1\n',
    );
    const { definition } = await readHarnessTask(nodeFileSystem, path);
    expect(definition.prompt).toMatchObject({ instruction: 'own', template: 'two' });
    expect(definition.choices).toEqual(['a', 'b']);
  });

  it('keeps what generation takes here too', async () => {
    const path = write(
      'beams.yaml',
      'task: t\ndoc_to_text: q\ndoc_to_target: a\ngeneration_kwargs:\n  num_beams: 5\n  repetition_penalty: 1.1\n',
    );
    const { definition } = await readHarnessTask(nodeFileSystem, path);
    expect(definition.generation).toMatchObject({ beams: 5, repetition_penalty: 1.1, temperature: 0 });
  });

  it('has the F1 of the second choice alone', async () => {
    const metrics = 'metric_list:\n  - metric: acc\n  - metric: f1\n';
    const { definition } = await readHarnessTask(nodeFileSystem, write('f1.yaml', `${START}${metrics}`));
    const measure = taskMeasures(definition, 'f1.yaml').find(({ metric }) => metric.id === 'f1')!;
    const value = (rights: string, chosen: string): unknown =>
      measure.metric.aggregate(
        Array.from(rights, (right, index) =>
          measure.metric.statistic({ prediction: chosen[index]!, reference: right } as never),
        ),
      );
    // sklearn.metrics.f1_score([1, 1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 1, 0, 0]) and of [0, 0], [0, 0]; macro has 0.708 and 1.
    expect(value('bbaabaa', 'baabbaa')).toEqual({ f1: 2 / 3 });
    expect(value('aa', 'aa')).toEqual({ f1: 0 });
  });

  const START =
    'task: t\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_choice: [a, b]\ndoc_to_target: 0\n';
  it.each<[string, string, ErrorCode, RegExp]>([
    [
      'Python',
      `${START}process_docs: !function utils.process\n`,
      'UNSUPPORTED',
      /:6: process_docs is a function of Python \("utils\.process"\)/,
    ],
    [
      'Python within a list',
      `${START}metric_list:\n  - metric: !function metrics.own\n`,
      'UNSUPPORTED',
      /:7: metric_list\.0\.metric is a function/,
    ],
    ['a class', 'task: t\nclass: !function task.Own\n', 'UNSUPPORTED', /:2: class is a function of Python/],
    ['pictures', `${START}doc_to_image: image\n`, 'UNSUPPORTED', /:6: doc_to_image is not read/],
    [
      'another output',
      START.replace('multiple_choice', 'multiple_choise'),
      'UNSUPPORTED',
      /:2: output_type "multiple_choise"/,
    ],
    ['an unknown key', `${START}doc_to_txt: x\n`, 'USAGE', /:6: unknown key "doc_to_txt"/],
    [
      'an unknown metric',
      `${START}metric_list:\n  - metric: brier\n`,
      'UNSUPPORTED',
      /:6: the metric "brier"/,
    ],
    [
      'another aggregation',
      `${START}metric_list:\n  - metric: acc\n    aggregation: median\n`,
      'UNSUPPORTED',
      /acc is aggregated by "median"/,
    ],
    [
      'a group',
      'group: g\ntask: [a, b]\naggregate_metric_list: []\n',
      'UNSUPPORTED',
      /:1: names a group of tasks/,
    ],
    [
      'F1 of three choices',
      `${START.replace('[a, b]', '[a, b, c]')}metric_list:\n  - metric: f1\n`,
      'UNSUPPORTED',
      /:6: f1 is of two classes/,
    ],
    ['several tries', `${START}repeats: 4\n`, 'UNSUPPORTED', /:6: repeats is 4/],
    [
      'an unknown filter',
      `task: t\ndoc_to_text: q\ndoc_to_target: a\nfilter_list:\n  - name: f\n    filter:\n      - function: custom\n`,
      'UNSUPPORTED',
      /:4: the filter "custom"/,
    ],
    ['an unknown tag', 'task: !!python/name:os.system x\n', 'USAGE', /:1: .*tag/],
    ['broken YAML', 'task: [\n', 'USAGE', /:[12]: /],
    ['a value of another type', `${START}num_fewshot: many\n`, 'USAGE', /:6: num_fewshot: /],
    ['no fields', '- a\n', 'USAGE', /holds no fields/],
  ])('is refused for %s', async (_, text, code, message) => {
    const path = write('refused.yaml', text);
    await expect(readHarnessTask(nodeFileSystem, path)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('may not include itself', async () => {
    const path = write('circle.yaml', 'include: circle.yaml\ntask: t\n');
    await expect(readHarnessTask(nodeFileSystem, path)).rejects.toMatchObject({
      message: expect.stringContaining('includes itself'),
    });
  });

  it('is told from a task file by its keys', () => {
    expect(isHarnessTask('task: t\n"doc_to_text": x\n')).toBe(true);
    expect(isHarnessTask('group: g\ntask:\n  - a\n  - b\n')).toBe(true);
    expect(isHarnessTask('task: t\nkind: generation\nprompt:\n  template: "output_type: x"\n')).toBe(false);
  });
});
