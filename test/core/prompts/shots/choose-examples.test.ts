import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../src/core/dataset-formats/row-format.js';
import type { ToolkitError } from '../../../../src/core/errors/toolkit-error.js';
import { chooseExamples, EXAMPLE_STRATEGIES } from '../../../../src/core/prompts/shots/choose-examples.js';
import { ExamplePool } from '../../../../src/core/prompts/shots/example-pool.js';

const LABELS = ['good', 'bad', 'so-so'];
const rows: Row[] = Array.from({ length: 30 }, (_, index) => ({
  text: `review number ${index}`,
  // Unbalanced: 20 good, 8 bad, 2 so-so.
  label: index < 20 ? 'good' : index < 28 ? 'bad' : 'so-so',
}));
const row = { text: 'something else' };
const pool = new ExamplePool({ rows, inputColumns: ['text'], labelColumn: 'label' });
/** A vector of a text's length and of its last character. */
const embed = (texts: readonly string[]) =>
  Promise.resolve(texts.map((text) => Float32Array.of(text.length, text.charCodeAt(text.length - 1))));
const labelsOf = (examples: Row[]) => examples.map(({ label }) => label);

describe('the pool of examples', () => {
  it('holds no row that is measured on, however it is written, and nothing twice', () => {
    const own = new ExamplePool({
      rows: [
        { text: 'A fine film.', label: 'good' },
        { text: 'a  FINE\nfilm. ', label: 'bad' },
        { text: 'Cafe\u0301', label: 'good' },
        { text: 'Dull.', label: 'bad' },
        { text: 'dull.', label: 'good' },
      ],
      evaluation: [{ text: 'a fine film.' }, { text: 'CAFÉ', label: 'anything' }],
      inputColumns: ['text'],
    });
    expect(own.rows).toEqual([{ text: 'Dull.', label: 'bad' }]);
    expect([own.fromEvaluation, own.repeated]).toEqual([3, 1]);
  });

  it('tells columns apart', () => {
    const columns = ['context', 'question'];
    const own = new ExamplePool({
      rows: [{ context: 'a', question: 'b c' }],
      evaluation: [{ context: 'a b', question: 'c' }],
      inputColumns: columns,
    });
    expect(own.rows).toHaveLength(1);
  });

  it('says which column is meant', () => {
    const bad = () => new ExamplePool({ rows: [{ txt: 'x' }], inputColumns: ['text'] });
    expect(bad).toThrow('row 1 of the examples has no column "text"');
  });
});

describe('chooseExamples', () => {
  it.each(EXAMPLE_STRATEGIES.map(({ id }) => id))(
    '%s: equal seeds choose alike, fewer are the first of more, nothing twice',
    async (strategy) => {
      const choose = (count: number, seed = 7) => chooseExamples({ strategy, count, pool, row, seed, embed });
      const ten = await choose(10);
      expect(await choose(10)).toEqual(ten);
      expect(await choose(3)).toEqual(ten.slice(0, 3));
      expect(new Set(ten).size).toBe(10);
      expect(await choose(0)).toEqual([]);
      expect(new Set(await choose(30)).size).toBe(30);
    },
  );

  it.each(EXAMPLE_STRATEGIES.map(({ id }) => id))('%s never shows what is asked about', async (strategy) => {
    const asked = { text: 'Review  NUMBER 5' };
    const all = await chooseExamples({ strategy, count: 29, pool, row: asked, seed: 1, embed });
    expect(all.map(({ text }) => text)).not.toContain('review number 5');
    const more = chooseExamples({ strategy, count: 30, pool, row: asked, seed: 1, embed });
    await expect(more).rejects.toThrow('30 examples are asked for, and there are 29 to choose from');
  });

  it('draws other examples with another seed', async () => {
    const draw = (seed: number) => chooseExamples({ strategy: 'random', count: 5, pool, row, seed });
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it('takes the first rows in their order', async () => {
    expect(await chooseExamples({ strategy: 'first', count: 3, pool, row, seed: 9 })).toEqual(
      rows.slice(0, 3),
    );
  });

  it('balances the labels, and goes on with the others where one has run out', async () => {
    for (const seed of [1, 2, 3]) {
      const labels = labelsOf(await chooseExamples({ strategy: 'balanced', count: 9, pool, row, seed }));
      const count = (label: string) => labels.filter((own) => own === label).length;
      expect(new Set(labels.slice(0, 3))).toEqual(new Set(LABELS));
      expect(new Set(labels.slice(3, 6))).toEqual(new Set(LABELS));
      expect([count('so-so'), Math.abs(count('good') - count('bad'))]).toEqual([2, 1]);
    }
    const unlabelled = new ExamplePool({ rows, inputColumns: ['text'] });
    const choice = chooseExamples({ strategy: 'balanced', count: 1, pool: unlabelled, row, seed: 1 });
    await expect(choice).rejects.toThrow('the column of the label');
  });

  it('finds similar rows by their words', async () => {
    const films = new ExamplePool({
      rows: [
        { text: 'The food was cold' },
        { text: 'A film with a slow plot' },
        { text: 'The plot of the film is thin' },
        { text: 'Parking is easy' },
        { text: 'Staff were kind' },
      ],
      inputColumns: ['text'],
    });
    const like = { text: 'slow film, slow plot' };
    const found = await chooseExamples({ strategy: 'similar', count: 3, pool: films, row: like, seed: 0 });
    expect(found.map(({ text }) => text)).toEqual([
      'A film with a slow plot', // film, plot and slow
      'The plot of the film is thin', // film and plot
      'The food was cold', // nothing: the first of the rest
    ]);
  });

  it('finds similar rows by embeddings, made once for the pool', async () => {
    // Worked by hand: cosines with (1, 1) are 0.71, 1 and 0; a vector of zeros is like nothing.
    const vectors: Record<string, number[]> = { a: [9, 0], b: [1, 1], c: [1, -1], d: [0, 0], q: [2, 2] };
    const calls: string[][] = [];
    const embed = (texts: readonly string[]) => {
      calls.push([...texts]);
      return Promise.resolve(texts.map((text) => Float32Array.from(vectors[text]!)));
    };
    const own = new ExamplePool({
      rows: ['a', 'c', 'd', 'b'].map((text) => ({ text })),
      inputColumns: ['text'],
    });
    const options = {
      strategy: 'similar-embeddings',
      count: 4,
      pool: own,
      row: { text: 'q' },
      seed: 0,
      embed,
    };
    expect((await chooseExamples(options)).map(({ text }) => text)).toEqual(['b', 'a', 'c', 'd']);
    await chooseExamples(options);
    expect(calls).toEqual([['q'], ['a', 'c', 'd', 'b'], ['q']]);
    await expect(chooseExamples({ ...options, embed: undefined })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('says what is meant by another name', async () => {
    const error = await chooseExamples({ strategy: 'similiar', count: 1, pool, row, seed: 0 }).catch(
      (reason: unknown) => reason as ToolkitError,
    );
    expect((error as ToolkitError).hint).toBe(
      'Did you mean similar? Ways to choose: random, first, balanced, similar, similar-embeddings.',
    );
  });
});
