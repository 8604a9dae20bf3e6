/** Which examples may stand before a row: the expected ones are picked by hand. */
import { describe, expect, it } from 'vitest';
import { shotChooser } from '../../../src/core/evaluation/shots.js';
import { makeTask } from '../../../src/core/evaluation/task.js';
import { EXAMPLE_STRATEGIES } from '../../../src/core/prompts/shots/choose-examples.js';

const SUBJECTS = ['history', 'physics'] as const;

/** Rows that are measured on, one of each subject. */
const MEASURED = [
  { subject: 'history', question: 'Who built the wall?', answer: 'Hadrian' },
  { subject: 'physics', question: 'What falls?', answer: 'Apples' },
];

/** Of each subject one row that may be shown; before it stand rows that ask what is measured. */
const POOL = SUBJECTS.flatMap((subject) => [
  ...MEASURED.map((row) => ({ ...row, subject, id: 1 })),
  // The same text, written otherwise and answered otherwise.
  { subject, question: '  who built\tTHE wall? ', answer: 'Nobody', id: 2 },
  { subject, question: 'ＷＨＡＴ falls?', answer: 'Nothing', id: 3 },
  { subject, question: `Only of ${subject}?`, answer: 'Yes', id: 4 },
]);

const task = (strategy: string) =>
  makeTask(
    {
      ...{ task: 'subjects', kind: 'generation', prompt: { template: '{{question}}' }, target: 'answer' },
      shots: { strategy, matching: ['subject'] },
    },
    'subjects.yaml',
  );

/** A vector of a text's length and of its last character. */
const embed = (texts: readonly string[]) =>
  Promise.resolve(texts.map((text) => Float32Array.of(text.length, text.charCodeAt(text.length - 1))));

describe.each(EXAMPLE_STRATEGIES.map(({ id }) => id))('examples chosen by %s', (strategy) => {
  it('match the row, and ask nothing that any measured row asks, however it is written', async () => {
    for (const seed of [0, 1, 2]) {
      const choose = shotChooser(await task(strategy), {
        pool: POOL,
        measured: MEASURED,
        count: 1,
        seed,
        embed,
      });
      for (const row of MEASURED) {
        expect(await choose(row)).toEqual([
          { subject: row.subject, question: `Only of ${row.subject}?`, answer: 'Yes', id: 4 },
        ]);
      }
    }
  });

  it('are too few where only rows that are measured on are left', async () => {
    const choose = shotChooser(await task(strategy), {
      pool: POOL,
      measured: MEASURED,
      count: 2,
      seed: 0,
      embed,
    });
    await expect(choose(MEASURED[0]!)).rejects.toThrow(
      '2 examples are asked for, and there are 1 to choose from (4 are among the rows that are measured on)',
    );
    await expect(choose({ ...MEASURED[0]!, subject: 'music' })).rejects.toThrow('there are 0 to choose from');
  });

  it('never ask what the row itself asks, though that row is not among those that are measured on', async () => {
    const pool = POOL.filter(({ subject }) => subject === 'history');
    const choose = shotChooser(await task(strategy), { pool, measured: [], count: 2, seed: 0, embed });
    const shown = await choose({ subject: 'history', question: 'WHO built the wall?', answer: '?' });
    expect(shown.map(({ question }) => question).sort()).toEqual(['Only of history?', 'What falls?']);
  });
});
