import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/core/dataset-formats/row-format.js';
import { scoreChoices } from '../../../src/core/evaluation/choice-scores.js';
import { applyFilter } from '../../../src/core/evaluation/filters.js';
import { normalizeAnswer } from '../../../src/core/evaluation/normalization.js';
import { readTask, type RenderedRow, type Task } from '../../../src/core/evaluation/task.js';
import { GOLDEN, readJson } from '../../golden/golden.js';
import type { ExpectedEvaluation, EvaluationCase } from '../../golden/evaluation-cases.js';

const TASKS = fileURLToPath(new URL('../../../templates/tasks/', import.meta.url));
const names = readdirSync(TASKS)
  .map((name) => name.replace(/\.yaml$/, ''))
  // Its rows ship with the toolkit; no benchmark.
  .filter((name) => name !== 'general');

/** Contexts, targets and scores of lm-evaluation-harness (test/golden/make-evaluation.py). */
const expected = readJson<ExpectedEvaluation>(GOLDEN, 'evaluation', 'expected.json').ready;
const cases = readJson<Record<string, EvaluationCase>>(GOLDEN, 'evaluation', 'rows.json');

async function ready(name: string): Promise<Task> {
  const path = join(TASKS, `${name}.yaml`);
  return readTask(readFileSync(path, 'utf8'), path);
}

function promptOf({ prompt }: RenderedRow): string {
  if (prompt.kind !== 'text') throw new Error('not a plain prompt');
  return prompt.text;
}

/** What the harness sends for a row: pairs of context and continuation. */
function requestsOf(rendered: RenderedRow): [string, string][] {
  return rendered.choices!.map(({ context, continuation }) => [context ?? promptOf(rendered), continuation]);
}

describe('ready tasks', () => {
  it.each(names)('%s is valid, and says what it is and where it comes from', async (name) => {
    const { definition } = await ready(name);
    expect(definition.task).toBe(name);
    expect(definition.source).toMatch(/lm-evaluation-harness 0\.4\.13/);
    expect(definition.dataset.path).toMatch(/^[\w-]+\/[\w-]+$/);
    expect(definition.metrics.length).toBeGreaterThan(0);
  });

  describe.each(Object.keys(expected))('%s as lm-evaluation-harness', (name) => {
    const { rows, examples, generated } = cases[name]!;
    const golden = expected[name]!;

    it('has the same prompts, without examples and with them', async () => {
      const task = await ready(name);
      rows.forEach((row, index) => {
        const { zero_shot: zeroShot, with_examples: withExamples } = golden.rows[index]!;
        for (const [context, shown] of [
          [zeroShot, []],
          [withExamples, examples],
        ] as const) {
          const rendered = task.render(row, shown);
          const contexts = rendered.choices?.map((choice) => choice.context ?? promptOf(rendered));
          if (Array.isArray(context)) expect(contexts).toEqual(context);
          else expect(promptOf(rendered)).toBe(context);
        }
      });
    });

    it('has the same choices, targets and scores', async () => {
      const task = await ready(name);
      const { definition } = task;
      rows.forEach((row, index) => {
        const wanted = golden.rows[index]!;
        const rendered = task.render(row);
        if (wanted.requests !== undefined) {
          expect(requestsOf(rendered)).toEqual(wanted.requests);
          const texts = rendered.choices!.map(({ text }) => text);
          const scores = scoreChoices(wanted.log_likelihoods!, texts, rendered.targetIndices!);
          for (const [metric, value] of Object.entries(wanted.scores!)) {
            // TruthfulQA MC2 calls its share of probability acc.
            const own = name === 'truthfulqa-mc2' ? 'probability_mass' : (metric as 'acc' | 'acc_norm');
            expect(scores[own]).toBeCloseTo(value, 12);
          }
        } else if (wanted.target !== undefined) {
          expect(rendered.targets).toEqual([wanted.target.trim()]);
        }
        for (const { generated: text, filter, answer, exact_match: score } of wanted.generated ?? []) {
          const steps = definition.filters.find((candidate) => candidate.name === filter)!;
          expect(applyFilter(steps, text)).toBe(answer);
          const isEqual =
            normalizeAnswer(answer, definition.normalization) ===
            normalizeAnswer(rendered.targets[0]!, definition.normalization);
          expect(Number(isEqual)).toBe(score);
        }
      });
      if (golden.until !== undefined && name !== 'cnn-dailymail') {
        expect(definition.generation.stop).toEqual(golden.until);
      }
      expect(rows).toHaveLength(golden.rows.length);
      if (generated !== undefined) expect(golden.rows.every((row) => row.generated!.length > 0)).toBe(true);
    });
  });
});

/** Rows in other public forms of the same data, each with a row of the hub's form that must give the same. */
const aliases: readonly [string, Row, Row][] = [
  [
    'mmlu',
    // The original CSV, read with the columns that the task names.
    { question: 'Which is a prime?', A: '9', B: '11', C: '15', D: '21', answer: 'B' },
    { question: 'Which is a prime?', subject: '', choices: ['9', '11', '15', '21'], answer: 1 },
  ],
  [
    'arc-easy',
    {
      id: 'x',
      question: {
        stem: 'What melts?',
        choices: [
          { text: 'stone', label: 'A' },
          { text: 'ice', label: 'B' },
        ],
      },
      answerKey: 'B',
    },
    { question: 'What melts?', choices: { text: ['stone', 'ice'], label: ['A', 'B'] }, answerKey: 'B' },
  ],
  [
    'boolq',
    { question: 'is grass green', title: 'Grass', answer: true, passage: 'It is green.' },
    { question: 'is grass green', passage: 'It is green.', label: 1 },
  ],
  [
    'boolq',
    { question: 'is grass blue', title: 'Grass', answer: false, passage: 'It is green.' },
    { question: 'is grass blue', passage: 'It is green.', label: 0 },
  ],
  [
    'truthfulqa-mc1',
    { question: 'Do fish knit?', mc1_targets: { Yes: 0, No: 1 } },
    { question: 'Do fish knit?', mc1_targets: { choices: ['Yes', 'No'], labels: [0, 1] } },
  ],
  [
    'truthfulqa-mc2',
    { question: 'Do fish knit?', mc2_targets: { No: 1, Yes: 0, Never: 1 } },
    { question: 'Do fish knit?', mc2_targets: { choices: ['No', 'Yes', 'Never'], labels: [1, 0, 1] } },
  ],
  ['sst2', { sentence: 'fine ', label: '1' }, { sentence: 'fine ', label: 1 }],
  ['imdb', { review: 'Dull.', sentiment: 'negative' }, { text: 'Dull.', label: 0 }],
  ['hellaswag', { ...cases['hellaswag']!.rows[1]!, label: 3 }, cases['hellaswag']!.rows[1]!],
  [
    'wmt16-de-en',
    { de: 'Guten Tag!', en: 'Good day!' },
    { translation: { de: 'Guten Tag!', en: 'Good day!' } },
  ],
];

describe('other public forms of the same data', () => {
  it.each(aliases)('%s', async (name, other, hub) => {
    const task = await ready(name);
    expect(task.render(other)).toEqual(task.render(hub));
  });

  it('MMLU names the subject of the row, and takes examples of the same one', async () => {
    const task = await ready('mmlu');
    const row = {
      question: 'Q?',
      subject: 'high_school_world_history',
      choices: ['1', '2', '3', '4'],
      answer: 3,
    };
    expect(promptOf(task.render(row))).toBe(
      'The following are multiple choice questions (with answers) about high school world history.\n\n' +
        'Q?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:',
    );
    expect(task.definition.shots).toMatchObject({ count: 5, from: 'dev', matching: ['subject'] });
  });

  it('IMDB compares two labels', async () => {
    const rendered = (await ready('imdb')).render({ text: 'A joy.', label: 1 });
    expect(rendered).toEqual({
      prompt: { kind: 'text', text: 'A joy.\nQuestion: Is this review positive or negative?\nAnswer:' },
      targets: ['positive'],
      choices: [
        { text: 'negative', continuation: ' negative' },
        { text: 'positive', continuation: ' positive' },
      ],
      targetIndices: [1],
    });
  });

  it('SQuAD has every given answer as a target, and a word where there is none', async () => {
    const task = await ready('squad');
    const [answered, unanswered] = cases['squad']!.rows.map((row) => task.render(row).targets);
    expect(answered).toEqual(['clouds', 'from clouds']);
    expect(unanswered).toEqual(['unanswerable']);
  });

  it('SAMSum has one summary, DialogSum one or three', async () => {
    const row = { id: '1', dialogue: 'A: Hi!\nB: Hello.', summary: 'They greet.' };
    for (const name of ['samsum', 'dialogsum']) {
      expect((await ready(name)).render(row)).toEqual({
        prompt: {
          kind: 'text',
          text: 'Summarize the following conversation:\n\nA: Hi!\nB: Hello.\n\nSummary:',
        },
        targets: ['They greet.'],
      });
    }
    const three = { dialogue: 'A: Hi!', summary1: 'One.', summary2: 'Two.', summary3: 'Three.' };
    expect((await ready('dialogsum')).render(three).targets).toEqual(['One.', 'Two.', 'Three.']);
  });
});
