import { describe, expect, it } from 'vitest';
import type { EvaluationResult } from '../../../src/core/evaluation/evaluation-result.js';
import { junitReport } from '../../../src/core/evaluation/junit.js';
import { checkThresholds, parseThreshold } from '../../../src/core/evaluation/thresholds.js';

const metric = (
  name: string,
  value: number,
  higher_is_better = true,
): EvaluationResult['metrics'][number] => ({
  ...{ metric: name, value, low: null, high: null, higher_is_better },
});
const RESULT: EvaluationResult = {
  ...{
    task: 'a"b<c>&\u0000\u001b[31m\ud800',
    kind: 'generation',
    model: 'x\ny',
    model_fingerprint: '',
    task_hash: '',
  },
  dataset: { path: '', sha256: '', rows: 1 },
  ...{
    shots: 0,
    seed: 0,
    confidence: 0.95,
    slices: [],
    toolkit_version: '',
    finished_at: '2026-01-01T00:00:00.000Z',
  },
  metrics: [
    metric('exact-match', 0.5),
    metric('perplexity', 12, false),
    metric(']]><evil>', 1),
    metric('bleu', NaN),
  ],
  usage: { prompt_tokens: null, completion_tokens: null, cost_usd: null, seconds: 1.5, cached_rows: 0 },
};

describe('thresholds', () => {
  const check = (...texts: string[]): boolean[] =>
    checkThresholds(RESULT, texts.map(parseThreshold)).map(({ reached }) => reached);

  it('are reached from their value on, or up to it where less is better', () => {
    expect(check('exact-match=0.5', 'exact-match=0.51')).toEqual([true, false]);
    expect(check('perplexity=12', 'perplexity=11.9')).toEqual([true, false]);
    expect(check('Exact_Match=0.5')).toEqual([true]);
    expect(check('bleu=0')).toEqual([false]);
  });

  it('are refused where they are none', () => {
    for (const text of ['accuracy', '=0.5', 'accuracy=', 'accuracy=high', 'accuracy=Infinity']) {
      expect(() => parseThreshold(text)).toThrow('is not METRIC=VALUE');
    }
    expect(() => check('exact-mach=1')).toThrow('--fail-under: "exact-mach" is not measured');
  });
});

/** Whether a text is XML in the small part of it that the report uses; a tree of elements by their names. */
function parse(text: string): { names: string[]; attributes: string[] } {
  const [names, attributes, open]: string[][] = [[], [], []];
  const rest = text.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '');
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|\s+/y;
  for (token.lastIndex = 0; token.lastIndex < rest.length;) {
    const match = token.exec(rest);
    if (match === null) throw new Error('not well-formed');
    const [, isEnd, name, own = '', isEmpty] = match;
    if (name === undefined) continue;
    for (const [, value] of own.matchAll(/="([^"]*)"/g)) {
      if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(value!)) throw new Error('a bare &');
      attributes!.push(value!);
    }
    if (isEnd) expect(open!.pop()).toBe(name);
    else if (!isEmpty) open!.push(name);
    if (!isEnd) names!.push(name);
  }
  expect(open).toEqual([]);
  return { names: names!, attributes: attributes! };
}

describe('the JUnit report', () => {
  const thresholds = checkThresholds(RESULT, ['exact-match=0.6', 'perplexity=20'].map(parseThreshold));
  const report = junitReport(RESULT, thresholds);

  it('is well-formed whatever the data say', () => {
    const { names, attributes } = parse(report);
    expect(names).toEqual([
      'testsuites',
      'testsuite',
      ...['testcase', 'failure', 'testcase', 'testcase', 'testcase'],
    ]);
    expect(attributes).toContain('a&quot;b&lt;c&gt;&amp;\ufffd\ufffd[31m\ufffd: x&#10;y');
    expect(report).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });

  it('counts tests and failures', () => {
    expect(report).toContain('<testsuites tests="4" failures="1" errors="0" time="1.500">');
    expect(report).toContain('message="exact-match is 0.5, and must be at least 0.6"');
  });
});
