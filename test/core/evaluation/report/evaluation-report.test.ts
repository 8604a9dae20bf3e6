/** The report as text: what stands in it, and that hostile data change nothing of its form. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { evaluationReport } from '../../../../src/core/evaluation/report/evaluation-report.js';
import { exampleMetric, exampleResult, exampleSample } from './example-evaluation.js';
import { HOSTILE_TEXTS, hostileEvaluation } from './hostile-evaluation.js';

const VOID_ELEMENTS = ['meta', 'input', 'br', 'link', 'img'];

/** The page without its style and what its scripts hold. */
const withoutScripts = (html: string): string =>
  html.replace(/(<(script|style)[^>]*>)[^]*?(<\/\2>)/g, '$1$3');

/** Tags in order, and what is wrong with how they nest. */
function readTags(html: string): { tags: string[]; faults: string[] } {
  const open: string[] = [];
  const tags: string[] = [];
  const faults: string[] = [];
  for (const [, end, name, rest] of withoutScripts(html).matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"<]*")*)>/g,
  )) {
    tags.push(`${end}${name}`);
    if (end === '/') {
      const last = open.pop();
      if (last !== name) faults.push(`</${name}> closes <${last}>`);
    } else if (!VOID_ELEMENTS.includes(name!) && !rest!.endsWith('/')) open.push(name!);
  }
  return { tags, faults: [...faults, ...open.map((name) => `<${name}> stays open`)] };
}

const dataOf = (html: string): { readonly samples: readonly { readonly prompt: string }[] } =>
  JSON.parse(/<script type="application\/json" id="data">([^]*?)<\/script>/.exec(html)![1]!);

describe('report of an evaluation', () => {
  it('holds the numbers of the result as they are written everywhere', () => {
    const html = evaluationReport({
      result: exampleResult({
        metrics: [
          { metric: 'accuracy', value: 0.83333, low: 0.80121, high: 0.8654, higher_is_better: true },
          { metric: 'perplexity', value: 13.4567, low: null, high: null, higher_is_better: false },
          exampleMetric('my-own', 3),
          { metric: 'undefined-here', value: NaN, low: null, high: null, higher_is_better: true },
        ],
        slices: [
          { field: 'language', value: 'de', rows: 1234, metrics: [exampleMetric('accuracy', 0.5)] },
          { field: 'language', value: 'en', rows: 2, metrics: [] },
        ],
      }),
      samples: [],
    });
    expect(html).toMatch(/Accuracy<small>higher is better<\/small>.*>0\.8333<.*>0\.8012 to 0\.8654</);
    expect(html).toMatch(/Perplexity per token<small>lower is better.*>13\.46<.*>no interval</);
    expect(html).toContain('95 % confidence interval');
    expect(html).toMatch(/my-own<small>/);
    expect(html).toMatch(/undefined-here<small>.*>not defined</);
    expect(html).toMatch(/>de<\/th><td class="number">1,234<\/td>.*>0\.45 to 0\.55</);
    expect(html).toMatch(/>en<\/th><td class="number">2<\/td><td class="number">–<\/td>/);
    expect(html).toContain('<dd dir="auto">1 min 35 s</dd>');
  });

  it('draws bars and whiskers to scale: from 0 to 1 for accuracy, from the middle for a correlation', () => {
    const html = evaluationReport({
      result: exampleResult({
        metrics: [
          { metric: 'accuracy', value: 0.75, low: 0.7, high: 0.8, higher_is_better: true },
          { metric: 'matthews-correlation', value: -0.5, low: -0.6, high: -0.4, higher_is_better: true },
        ],
      }),
      samples: [],
    });
    expect(html).toContain('<rect class="fill" x="0" width="75" height="14"/>');
    expect(html).toContain('d="M70 7H80M70 3V11M80 3V11"');
    // -1 … 1 over 100 parts: zero is at 50, -0.5 at 25.
    expect(html).toContain('<rect class="fill" x="25" width="25" height="14"/>');
  });

  it('has a policy with the hashes of its only style and its only script', () => {
    const html = evaluationReport({ result: exampleResult(), samples: [exampleSample(0)] });
    const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
    const script = /<script type="module">([^]*?)<\/script>/.exec(html)![1]!;
    const style = /<style>([^]*?)<\/style>/.exec(html)![1]!;
    expect(html).toContain(
      `content="default-src &#39;none&#39;; script-src &#39;sha256-${hash(script)}&#39;; style-src &#39;sha256-${hash(style)}&#39;;`,
    );
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toMatch(/ (style|on[a-z]+)="/);
    expect(html).not.toMatch(/(src|href)="(?!#)/);
  });

  it('nests its elements, and hostile data add none', () => {
    const { result, samples } = hostileEvaluation();
    const hostile = readTags(evaluationReport({ result, samples, baseline: { result, samples } }));
    expect(hostile.faults).toEqual([]);
    const known =
      'html head meta title style body a header h1 p strong span nav ul li main section h2 table thead tr th td tbody small svg rect path div button noscript form label input select option article script dl dt dd footer details summary text circle figure figcaption'.split(
        ' ',
      );
    expect(hostile.tags.filter((tag) => !known.includes(tag.replace('/', '')))).toEqual([]);
    expect(readTags('<p><b>x</p>').faults).not.toEqual([]);
  });

  it('has no control character, no reversal and no half of a pair, in any of its source', () => {
    const { result, samples } = hostileEvaluation();
    const html = evaluationReport({ result, samples, baseline: { result, samples } });
    expect(html.match(/[^\P{Cc}\n]|\p{Bidi_Control}|\p{Cs}|\p{Zl}|\p{Zp}/u)).toBeNull();
    expect(dataOf(html).samples.map(({ prompt }) => prompt)).toEqual(Object.values(HOSTILE_TEXTS));
  });

  it('shows a matrix for classes alone, calibration where there are probabilities', () => {
    const choices = [
      { text: 'good', log_likelihood: -0.1 },
      { text: 'bad', log_likelihood: -2.4 },
    ];
    const sections = (html: string): string[] =>
      [...html.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id!);
    expect(
      sections(evaluationReport({ result: exampleResult(), samples: [exampleSample(0), exampleSample(1)] })),
    ).toEqual(['metrics', 'samples', 'run']);
    expect(
      sections(
        evaluationReport({
          result: exampleResult({ kind: 'multiple_choice' }),
          samples: [exampleSample(0, { choices }), exampleSample(1, { choices })],
        }),
      ),
    ).toEqual(['metrics', 'confusion', 'calibration', 'samples', 'run']);
  });

  it('says where a baseline is not of the same task, dataset or rows', () => {
    const report = (baseline: Partial<ReturnType<typeof exampleResult>>, rows: number[]): string =>
      evaluationReport({
        result: exampleResult(),
        samples: [exampleSample(0), exampleSample(1), exampleSample(2)],
        baseline: { result: exampleResult(baseline), samples: rows.map((row) => exampleSample(row)) },
      });
    expect(report({}, [2, 1, 0])).not.toMatch(/not run the same|not the same file|not in the baseline/);
    expect(report({ task_hash: 'd' }, [0, 1, 2])).toContain('did not run the same task');
    expect(report({ dataset: { path: 'x', sha256: 'e', rows: 1 } }, [0])).toMatch(
      /not the same file.*\n?.*2 of 3 rows are not in the baseline/,
    );
  });

  it('reports an evaluation without rows, metrics or slices', () => {
    const { faults } = readTags(evaluationReport({ result: exampleResult({ metrics: [] }), samples: [] }));
    expect(faults).toEqual([]);
  });
});
