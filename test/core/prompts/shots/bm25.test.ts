import { describe, expect, it } from 'vitest';
import { Bm25Index, wordsOf } from '../../../../src/core/prompts/shots/bm25.js';
import { GOLDEN, readJson } from '../../../golden/golden.js';

interface Case {
  documents: string[][];
  queries: string[][];
  scores: number[][];
}

describe('Bm25Index', () => {
  const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'bm25.json');

  it.each(cases.map((golden) => [golden.documents.length, golden] as const))(
    'scores %i documents as rank_bm25 does',
    (_size, { documents, queries, scores }) => {
      const index = new Bm25Index(documents);
      for (const [number, query] of queries.entries()) {
        const own = index.scores(query);
        expect(own).toHaveLength(documents.length);
        own.forEach((score, document) => {
          expect(score).toBeCloseTo(scores[number]![document]!, 12);
        });
      }
    },
  );

  it('scores a collection that can be worked by hand', () => {
    // Three documents of 2, 2 and 2 words; "cat" is in one of them: ln(2.5 / 1.5). A document of average length that
    // has the word once: weight · 1 · 2.5 / (1 + 1.5) = weight.
    const index = new Bm25Index([
      ['cat', 'sat'],
      ['dog', 'ran'],
      ['fish', 'swam'],
    ]);
    expect(index.scores(['cat'])).toEqual([Math.log(2.5) - Math.log(1.5), 0, 0]);
  });

  it('finds nothing in documents without words', () => {
    expect(new Bm25Index([[], []]).scores(['word'])).toEqual([0, 0]);
  });
});

describe('wordsOf', () => {
  it.each([
    ['The Cat, the-cat!', ['the', 'cat', 'the', 'cat']],
    ['naïve café 2024', ['naïve', 'café', '2024']],
    ['ﬁve ＡＢＣ', ['five', 'abc']], // compatibility forms
    ['हिन्दी भाषा', ['हिन्दी', 'भाषा']], // marks belong to their word
    ['我爱TS语言', ['我', '爱', 'ts', '语', '言']],
    ['🙂 …', []],
  ])('%s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});
