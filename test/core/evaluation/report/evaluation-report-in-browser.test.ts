/** The report in a real browser: what a reader can do, and what hostile data cannot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluationReport } from '../../../../src/core/evaluation/report/evaluation-report.js';
import { exampleMetric, exampleResult, exampleSample } from './example-evaluation.js';
import { findChromium, HeadlessBrowser } from './headless-browser.js';
import { HOSTILE_TEXTS, hostileEvaluation } from './hostile-evaluation.js';

const chromium = findChromium();
const suite = chromium === undefined ? "there is no chromium: install Debian's package" : 'in Chromium';

const LANGUAGES = ['de', 'en'] as const;

/** Forty reviews: every fourth is wrong, and rows 0 and 1 change against the baseline. */
const samples = Array.from({ length: 40 }, (_, index) => {
  const isRight = index % 4 !== 0;
  return exampleSample(index, {
    prediction: isRight ? 'good' : 'bad',
    completion: isRight ? ' good.' : ' bad.',
    choices: [
      { text: 'good', log_likelihood: Math.log(isRight ? 0.75 : 0.25) },
      { text: 'bad', log_likelihood: Math.log(isRight ? 0.25 : 0.75) },
    ],
    scores: { accuracy: Number(isRight), chrf: index },
    slices: { language: LANGUAGES[index % 2]! },
  });
});
const before = samples.map((sample) =>
  sample.index > 1
    ? sample
    : { ...sample, prediction: 'other', scores: { accuracy: 1 - sample.scores['accuracy']!, chrf: 5 } },
);

describe.skipIf(chromium === undefined)(`report of an evaluation, ${suite}`, () => {
  let folder: string;
  let browser: HeadlessBrowser;

  /** Opens a report with nothing of an earlier one left. */
  async function openReport(html: string): Promise<string> {
    const path = join(folder, 'report.html');
    writeFileSync(path, html);
    const { href } = pathToFileURL(path);
    await browser.open('about:blank');
    browser.requests.length = 0;
    browser.complaints.length = 0;
    await browser.open(href);
    return href;
  }

  /** Sets fields of the form as a reader does, and gives what the list then says. */
  const filter = async (fields: Record<string, string>): Promise<{ status: string; rows: string[] }> =>
    browser.evaluate(`(() => {
      const form = document.getElementById('filters');
      for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form.elements[name].value = value;
      form.dispatchEvent(new Event('input', { bubbles: true }));
      return {
        status: document.getElementById('status').textContent,
        rows: [...document.querySelectorAll('#list small')].map((row) => row.textContent),
      };
    })()`);

  /** Goes to a sample by its address, and waits until it is shown. */
  const goTo = (hash: string): Promise<string> =>
    browser.evaluate(`new Promise((resolve) => {
      addEventListener('hashchange', () => resolve(document.getElementById('detail').textContent), { once: true });
      location.hash = ${JSON.stringify(hash)};
    })`);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'report-'));
    browser = await HeadlessBrowser.start(chromium!);
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  describe('of reviews', () => {
    beforeEach(async () => {
      await browser.resize(1280, 900);
      await openReport(
        evaluationReport({
          result: exampleResult({ kind: 'classification' }),
          samples,
          baseline: { result: exampleResult({ model: 'models/older' }), samples: before },
        }),
      );
    });

    it('opens without a request, a warning or an error', async () => {
      expect(await browser.evaluate('document.title')).toBe('reviews: models/small');
      expect(browser.requests).toHaveLength(1);
      expect(browser.complaints).toEqual([]);
    });

    it('filters by result, slice, score, change and words, all at once', async () => {
      expect((await filter({})).status).toBe('1–25 of 40 samples');
      // Rows 0, 4, … 36 are wrong; each of them is even, so German.
      expect((await filter({ verdict: 'wrong' })).status).toBe('1–10 of 10 matching samples, of 40');
      expect((await filter({ 'slice-0': '1' })).status).toBe('None of 40 samples match.');
      const few = await filter({ 'slice-0': '0', score: '1', from: '8', to: '16' });
      expect(few.rows).toEqual(['#8 · 8', '#12 · 12', '#16 · 16']);
      expect((await filter({ search: 'REVIEW 12' })).rows).toEqual(['#12 · 12']);
      await browser.evaluate(
        `document.querySelector('#filters [type=reset]').click(); new Promise((resolve) => setTimeout(resolve, 20))`,
      );
      expect((await filter({})).status).toBe('1–25 of 40 samples');
    });

    it('finds the rows that a change made better or worse, and sorts by a score', async () => {
      // Row 0 was right before and is wrong now; row 1 the other way round.
      expect((await filter({ change: 'worse' })).rows).toEqual(['#0 · 0']);
      expect((await filter({ change: 'better' })).rows).toEqual(['#1 · 1']);
      expect((await filter({ change: 'other-prediction' })).rows).toEqual(['#0 · 0', '#1 · 1']);
      expect((await filter({ change: '', score: '1', order: 'score-down' })).rows.slice(0, 2)).toEqual([
        '#39 · 39',
        '#38 · 38',
      ]);
    });

    it('turns pages and opens samples from the keyboard alone', async () => {
      await browser.evaluate(`document.getElementById('next-page').click()`);
      expect(await browser.evaluate(`document.getElementById('status').textContent`)).toBe(
        '26–40 of 40 samples',
      );
      await browser.press('ArrowDown');
      await browser.press('Enter');
      await browser.evaluate('new Promise((resolve) => setTimeout(resolve, 50))');
      const heading = `document.querySelector('#detail h3').textContent`;
      expect(await browser.evaluate(heading)).toBe('✓ Row 26, right');
      expect(await browser.evaluate('document.activeElement.tagName')).toBe('H3');
      await browser.press('ArrowRight');
      await browser.evaluate('new Promise((resolve) => setTimeout(resolve, 50))');
      expect(await browser.evaluate(heading)).toBe('✓ Row 27, right');
    });

    it('shows a sample whole: prompt, target, answers, choices with probabilities, scores', async () => {
      const text = await goTo('#sample-1');
      expect(text).toContain('Is it good or bad?\nText: review 1\nAnswer:');
      expect(text).toContain('Prediction of the baseline, wrong');
      expect(text).toMatch(/goodpredicted, target0\.75-0\.2877.*bad0\.25-1\.386/);
      expect(text).toMatch(/Accuracy01\+1.*chrF251-4/);
    });

    it('leads from a count of the confusion matrix to its rows', async () => {
      const status = await browser.evaluate(`(() => {
        document.querySelector('#confusion button[aria-label*="predicted bad"]').click();
        return document.getElementById('status').textContent + document.getElementById('cell-filter').textContent;
      })()`);
      expect(status).toBe('1–10 of 10 matching samples, of 40Wanted good, predicted bad ✕');
    });

    it('fits phones of 320 pixels, with the list, a sample and open details', async () => {
      await browser.resize(320, 640);
      const width = `document.querySelectorAll('details').forEach((part) => { part.open = true; }); document.documentElement.scrollWidth`;
      expect(await browser.evaluate(width)).toBe(320);
      await goTo('#sample-0');
      expect(await browser.evaluate(width)).toBe(320);
      const shown = (id: string): Promise<number> =>
        browser.evaluate(`document.getElementById('${id}').offsetHeight`);
      expect([await shown('list'), (await shown('detail')) > 0]).toEqual([0, true]);
    });

    it('gives every control, table and drawing a name, and skips no heading', async () => {
      await goTo('#sample-0');
      const { nodes } = await browser.send('Accessibility.getFullAXTree');
      const nameless = nodes.filter(
        ({ ignored, role, name }: { ignored: boolean; role?: { value: string }; name?: { value: string } }) =>
          !ignored &&
          /^(button|link|textbox|searchbox|combobox|spinbutton|img|table|region|navigation|search|article)$/.test(
            role?.value ?? '',
          ) &&
          (name?.value ?? '') === '',
      );
      expect(nodes.length).toBeGreaterThan(200);
      expect(nameless).toEqual([]);
      const levels: number[] = await browser.evaluate(
        `[...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => Number(heading.tagName[1]))`,
      );
      expect(levels[0]).toBe(1);
      expect(levels.every((level, place) => place === 0 || level <= levels[place - 1]! + 1)).toBe(true);
    });
  });

  describe('of hostile data', () => {
    it('shows every text and obeys none', async () => {
      const { result, samples: rows } = hostileEvaluation();
      await browser.resize(320, 640);
      await openReport(evaluationReport({ result, samples: rows, baseline: { result, samples: rows } }));
      for (let row = 0; row < rows.length; row++) await goTo(`#sample-${row}`);
      expect(browser.complaints).toEqual([]);
      expect(browser.requests).toHaveLength(1);
      expect(
        await browser.evaluate(
          `[globalThis.obeyed, document.querySelectorAll('img,iframe,object,embed,base,link').length, document.scripts.length, document.documentElement.scrollWidth]`,
        ),
      ).toEqual([null, 0, 2, 320]);
    });

    it.each(Object.entries(HOSTILE_TEXTS))('has the text of %s as it is', async (_, text) => {
      const html = evaluationReport({
        result: exampleResult(),
        samples: [exampleSample(0, { prompt: text }), exampleSample(1)],
      });
      await openReport(html);
      // Compared there, since the protocol cannot carry halves of surrogate pairs; escapes keep the source in ASCII.
      const literal = JSON.stringify(text).replace(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      expect(
        await browser.evaluate(
          `JSON.parse(document.getElementById('data').textContent).samples[0].prompt === ${literal}`,
        ),
      ).toBe(true);
    });

    it('shows control characters as escapes that differ from text which spells them', async () => {
      await openReport(
        evaluationReport({
          result: exampleResult(),
          samples: [exampleSample(0, { prompt: 'a\u001b[31m\u202e\u0000\ud800 \\x1b\nb' })],
        }),
      );
      await goTo('#sample-0');
      expect(
        await browser.evaluate(`(() => {
          const block = document.querySelector('#detail pre');
          return [block.textContent, [...block.querySelectorAll('.escape')].map((part) => part.textContent)];
        })()`),
      ).toEqual(['a\\x1b[31m\\u202e\\x00\\ud800 \\x1b\nb', ['\\x1b', '\\u202e', '\\x00', '\\ud800']]);
    });

    it('lays out the beginning of a very long text, and more of it when asked', async () => {
      // A pair of surrogates stands across the first 100,000 units.
      const text = `${'x'.repeat(99_999)}😀${'y'.repeat(150_000)}`;
      await openReport(
        evaluationReport({ result: exampleResult(), samples: [exampleSample(0, { prompt: text })] }),
      );
      await goTo('#sample-0');
      const state = `[document.querySelector('#detail pre .stretch:last-of-type').textContent.slice(-1), document.querySelector('#detail pre button')?.textContent ?? null]`;
      const button = `document.querySelector('#detail pre button').click()`;
      expect(await browser.evaluate(`${state}[1]`)).toBe(
        '100,001 of 250,001 characters are shown; show more',
      );
      await browser.evaluate(button);
      expect(await browser.evaluate(state)).toEqual([
        'y',
        '200,001 of 250,001 characters are shown; show more',
      ]);
      await browser.evaluate(button);
      expect(await browser.evaluate(state)).toEqual(['y', null]);
      expect(
        await browser.evaluate(
          `[...document.querySelector('#detail pre').querySelectorAll('.stretch')].map((part) => part.textContent).join('') === JSON.parse(document.getElementById('data').textContent).samples[0].prompt`,
        ),
      ).toBe(true);
    });
  });

  it('shows chats as their messages', async () => {
    const prompt = JSON.stringify([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '<b>Why?</b>' },
    ]);
    await openReport(evaluationReport({ result: exampleResult(), samples: [exampleSample(0, { prompt })] }));
    await goTo('#sample-0');
    expect(
      await browser.evaluate(
        `[...document.querySelectorAll('#detail .role, #detail .role + pre')].map((part) => part.textContent)`,
      ),
    ).toEqual(['system', 'Be brief.', 'user', '<b>Why?</b>']);
  });

  it('shows texts whose likelihood alone was measured', async () => {
    await openReport(
      evaluationReport({
        result: exampleResult({ kind: 'perplexity' }),
        samples: [
          exampleSample(0, {
            ...{ prompt: '', targets: [], prediction: '' },
            choices: [{ text: 'Call me Ishmael.', log_likelihood: -12.5 }],
          }),
        ],
      }),
    );
    expect((await filter({ search: 'ishmael' })).status).toBe('1–1 of 1 samples');
    expect(await browser.evaluate(`document.getElementById('list').textContent`)).toBe(
      'log-likelihood -12.5#0Call me Ishmael.',
    );
    expect(await goTo('#sample-0')).toContain('Text, of log-likelihood -12.5Call me Ishmael.');
  });

  it('stays quick with 10,000 samples', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      exampleSample(index, {
        prompt: `${'A long instruction with words in it. '.repeat(50)}row ${index}`,
        scores: { accuracy: index % 2, chrf: (index * 7919) % 10_000 },
      }),
    );
    await openReport(
      evaluationReport({
        result: exampleResult({ metrics: [exampleMetric('accuracy', 0.5)] }),
        samples: many,
      }),
    );
    const start = Date.now();
    expect((await filter({ search: 'row 123', score: '1', order: 'score-down' })).status).toBe(
      '1–11 of 11 matching samples, of 10,000',
    );
    // Measured: 0.1 s for the first search, which makes the texts to search in; the rest is for busy machines.
    expect(Date.now() - start).toBeLessThan(2000);
  });
});
