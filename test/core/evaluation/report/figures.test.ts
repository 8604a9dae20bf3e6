/** What the report counts and computes by itself. */
import { describe, expect, it } from 'vitest';
import { barScale } from '../../../../src/core/evaluation/report/bar-scale.js';
import { calibration, choiceProbabilities } from '../../../../src/core/evaluation/report/calibration.js';
import { confusion } from '../../../../src/core/evaluation/report/confusion.js';
import { describeMetric } from '../../../../src/core/evaluation/report/metric-description.js';
import { distribution } from '../../../../src/core/evaluation/report/distribution.js';
import { pairedChange } from '../../../../src/core/evaluation/report/paired-change.js';
import { pairSamples } from '../../../../src/core/evaluation/pair-samples.js';
import { scoreKeys } from '../../../../src/core/evaluation/report/score-keys.js';
import { lengthLimit, shorten } from '../../../../src/core/evaluation/report/text-limit.js';
import { verdictOf } from '../../../../src/core/evaluation/report/verdict.js';
import { exampleMetric, exampleSample } from './example-evaluation.js';

const chooses = (index: number, target: string, prediction: string, choices: Record<string, number>) =>
  exampleSample(index, {
    targets: [target],
    prediction,
    choices: Object.entries(choices).map(([text, probability]) => ({
      text,
      log_likelihood: Math.log(probability),
    })),
  });

describe('paired changes', () => {
  const scored = (scores: (number | undefined)[]) =>
    scores.map((score, index) => exampleSample(index, { scores: score === undefined ? {} : { x: score } }));

  it('are counted and averaged over the rows that both have', () => {
    const now = scored([1, 4, 3, 7, 5]);
    const before = [...scored([0, 2, 3, undefined]), null];
    // Differences 1, 2, 0: mean 1, standard deviation 1, standard error 1/√3; the normal's 97.5 % lie below 1.959964.
    // Both changed rows rose: two equal throws of a coin, p = 1/2.
    expect(pairedChange({ key: 'x', higherIsBetter: true }, now, before, 0.95)).toEqual({
      rows: 3,
      better: 2,
      worse: 0,
      same: 1,
      difference: 1,
      interval: {
        lower: expect.closeTo(1 - 1.959964 / Math.sqrt(3), 6),
        upper: expect.closeTo(1 + 1.959964 / Math.sqrt(3), 6),
      },
      pValue: 0.5,
    });
    expect(pairedChange({ key: 'x', higherIsBetter: false }, now, before, 0.95)).toMatchObject({
      better: 0,
      worse: 2,
    });
    expect(pairedChange({ key: 'y', higherIsBetter: true }, now, before, 0.95)).toBeNull();
  });

  it('pair rows by their content, and repeated ones in turn', () => {
    const rows = ['a', 'b', 'a', 'c'].map((row_hash, index) => exampleSample(index, { row_hash }));
    const others = ['a', 'd', 'a', 'b', 'a'].map((row_hash, index) =>
      exampleSample(10 + index, { row_hash }),
    );
    expect(pairSamples(rows, others).map((other) => other?.index ?? null)).toEqual([10, 13, 12, null]);
  });
});

describe('confusion matrix', () => {
  it('counts what was wanted against what was predicted', () => {
    const pairs = ['a a', 'a b', 'b b', 'b b', 'c b', 'c x'];
    const samples = pairs.map((pair, index) => {
      const [target = '', prediction = ''] = pair.split(' ');
      return exampleSample(index, { targets: [target], prediction });
    });
    expect(confusion(samples, null)).toEqual({
      by: 'answer',
      wanted: ['a', 'b', 'c'],
      predicted: ['a', 'b', 'c', '(any other)'],
      counts: [
        [1, 1, 0, 0],
        [0, 2, 0, 0],
        [0, 1, 0, 1],
      ],
      cells: [
        [0, 0],
        [0, 1],
        [1, 1],
        [1, 1],
        [2, 1],
        [2, 3],
      ],
    });
  });

  it('has the classes that are offered but never wanted, and takes any of several targets', () => {
    const samples = [
      { ...chooses(0, 'yes', 'maybe', { yes: 0.4, no: 0.1, maybe: 0.5 }), targets: ['yes', 'maybe'] },
      chooses(1, 'yes', 'yes', { maybe: 0.2, no: 0.2, yes: 0.6 }),
    ];
    const { wanted, predicted, counts } = confusion(samples, null);
    expect([wanted, predicted]).toEqual([
      ['maybe', 'no', 'yes'],
      ['maybe', 'no', 'yes'],
    ]);
    expect(counts).toEqual([
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 1],
    ]);
  });

  it('goes by the place of choices that differ from row to row', () => {
    const samples = [
      chooses(0, 'Paris', 'Rome', { Rome: 0.6, Paris: 0.4 }),
      chooses(1, '4', '4', { 4: 0.9, 5: 0.1 }),
    ];
    expect(confusion(samples, null)).toMatchObject({
      by: 'place',
      wanted: ['choice 1', 'choice 2'],
      counts: [
        [1, 0],
        [1, 0],
      ],
    });
  });

  it('takes a prediction that normalization made right for the class that it then is', () => {
    const samples = [
      exampleSample(0, { targets: ['yes'], prediction: 'YES.', scores: { accuracy: 1 } }),
      exampleSample(1, { targets: ['yes'], prediction: 'NO.', scores: { accuracy: 0 } }),
    ];
    const keys = scoreKeys({ metrics: [] }, samples);
    expect(confusion(samples, verdictOf({ kind: 'classification' }, keys)).counts).toEqual([[1, 1]]);
  });

  it('counts the rarest of very many classes together', () => {
    const samples = Array.from({ length: 60 }, (_, index) =>
      exampleSample(index, { targets: [`class ${Math.min(index, 40)}`], prediction: 'class 40' }),
    );
    const { wanted, counts } = confusion(samples, null);
    expect(wanted).toHaveLength(25);
    expect(wanted).toContain('class 40');
    expect(counts.flat().reduce((sum, count) => sum + count)).toBe(60);
  });
});

describe('calibration', () => {
  it('makes probabilities of log-likelihoods, however small', () => {
    expect(choiceProbabilities([{ log_likelihood: -1000 }, { log_likelihood: -1000 + Math.log(3) }])).toEqual(
      [expect.closeTo(0.25, 9), expect.closeTo(0.75, 9)],
    );
  });

  it('compares the probability of predictions with how often they are right', () => {
    const samples = [
      chooses(0, 'a', 'a', { a: 0.85, b: 0.15 }),
      chooses(1, 'b', 'a', { a: 0.89, b: 0.11 }),
      chooses(2, 'b', 'b', { a: 0.45, b: 0.55 }),
      exampleSample(3),
    ];
    const bins = calibration(samples, verdictOf({ kind: 'classification' }, [])!)!;
    expect(bins).toHaveLength(10);
    expect(bins.filter(({ rows }) => rows > 0)).toEqual([
      { from: 0.5, to: 0.6, rows: 1, confidence: expect.closeTo(0.55, 9), accuracy: 1 },
      { from: 0.8, to: 0.9, rows: 2, confidence: expect.closeTo(0.87, 9), accuracy: 0.5 },
    ]);
    expect(calibration([exampleSample(0)], verdictOf({ kind: 'classification' }, [])!)).toBeNull();
  });
});

describe('scores and verdicts', () => {
  const samples = [
    exampleSample(0, { scores: { chrf: 20, 'exact-match': 1, zeta: 0.5 } }),
    exampleSample(1, { scores: { chrf: 0, 'exact-match': 0 } }),
  ];
  const keys = scoreKeys(
    { metrics: [exampleMetric('exact-match', 0.5), exampleMetric('chrf', 10)] },
    samples,
  );

  it('come in the order of the headline, the others after them', () => {
    expect(keys.map(({ key, binary }) => [key, binary])).toEqual([
      ['exact-match', true],
      ['chrf', false],
      ['zeta', false],
    ]);
  });

  it('take rows for right by the first score of 0 or 1, or by their targets, or not at all', () => {
    const verdict = verdictOf({ kind: 'generation' }, keys)!;
    expect(verdict.meaning).toBe('Exact match is 1');
    expect(samples.map((sample) => verdict.isRight(sample))).toEqual([true, false]);
    expect(verdict.isRight(exampleSample(2))).toBeNull();
    const byTargets = verdictOf({ kind: 'multiple_choice' }, [])!;
    expect(byTargets.isRight(exampleSample(0, { prediction: 'else' }))).toBe(false);
    expect(verdictOf({ kind: 'perplexity' }, [])).toBeNull();
  });
});

describe('names of metrics', () => {
  it.each([
    ['rouge-l', 'ROUGE-L'],
    ['acc_norm', 'Accuracy by length'],
    ['expected-calibration-error/maximum_calibration_error', 'Maximum calibration error'],
    ['exact-match/flexible-extract', 'Exact match, flexible-extract'],
    ['expected-calibration-error/maximum_calibration_error/none', 'Maximum calibration error, none'],
    ['my/own', 'my/own'],
  ])('%s is %s', (key, name) => {
    expect(describeMetric(key).name).toBe(name);
  });
});

describe('axes of bars', () => {
  it.each([
    [[0.7, 0.8], [0, 1], { low: 0, high: 1 }],
    [[-0.2], [-1, 1], { low: -1, high: 1 }],
    // Beyond the range that the formula allows, as an interval may be: a round number that holds it.
    [[0.9, 1.1], [0, 1], { low: 0, high: 1.2 }],
    [[13.4, 14.8], [1, null], { low: 0, high: 15 }],
    [[0], [null, null], { low: 0, high: 1 }],
    [[-3], [null, null], { low: -3, high: 0 }],
    [[NaN, Infinity], [null, null], { low: 0, high: 1 }],
  ] as const)('of %j within %j', (values, range, scale) => {
    const { low, high } = barScale(values, range);
    expect([low, high]).toEqual([scale.low, expect.closeTo(scale.high, 9)]);
  });
});

describe('distribution', () => {
  it('has its least, middle, mean and most, and counts every value once', () => {
    const { bins, ...summary } = distribution([4, 1, 2, NaN, 9])!;
    expect(summary).toEqual({ count: 4, least: 1, median: 3, mean: 4, most: 9 });
    // Parts of 0.4 from 1: 2 lies in the third, 4 in the eighth, 9 in the last.
    expect(bins.flatMap((count, bin) => (count === 0 ? [] : [[bin, count]]))).toEqual([
      [0, 1],
      [2, 1],
      [7, 1],
      [19, 1],
    ]);
    expect(distribution([2, 2])).toBeNull();
  });
});

describe('length of texts', () => {
  it('is cut only where a page could not hold them all', () => {
    // Each sample: prompt, one target, a prediction.
    const samples = [5000, 2000, 10].map((length, index) =>
      exampleSample(index, { prompt: 'p'.repeat(length), targets: [''], prediction: '' }),
    );
    expect(lengthLimit(samples, 7010)).toBeNull();
    expect(lengthLimit(samples, 7009)).toBe(1000);
    expect(lengthLimit(samples, 250)).toBe(100);
    expect(shorten('abcdef', null)).toBe('abcdef');
    expect(shorten('abcdef', 6)).toBe('abcdef');
    expect(shorten('abcdef', 2)).toBe('ab… (4 more characters)');
  });
});
