import { describe, expect, it } from 'vitest';
import type { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { fitPrompt, type CountTokens } from '../../../src/core/prompts/fit-prompt.js';
import { parsePromptTemplate } from '../../../src/core/prompts/prompt-template.js';
import { renderPrompt } from '../../../src/core/prompts/render-prompt.js';

const template = await parsePromptTemplate(
  `---
name: test
variables: { text: What is said., label: What it is. }
answer: label
---
Label.
{% for example in examples %}
{{ example.text }} {{ example.label }}
{% endfor %}
{{ text }}`,
  'test.md',
);
const examples = Array.from({ length: 9 }, (_, index) => ({ text: `t${index}`, label: `l${index}` }));
const row = { text: 'asked' };

/** One token for each word: 2 without examples, 2 more for each. */
const countWords: CountTokens = (prompt) => (prompt.kind === 'text' ? prompt.text.split(/\s+/).length : NaN);
const fit = (contextLength: number, maxNewTokens: number, given = examples) =>
  fitPrompt({ template, row, examples: given, countTokens: countWords, contextLength, maxNewTokens });

describe('fitPrompt', () => {
  it('leaves a prompt that fits as it is', async () => {
    const { prompt, tokens, windowShare, dropped } = await fit(40, 20);
    expect(prompt).toEqual(renderPrompt(template, { row, examples }));
    expect([tokens, windowShare, dropped]).toEqual([20, 0.5, []]);
  });

  it.each(Array.from({ length: 10 }, (_, kept) => kept))(
    'drops the last examples where there is room for %i',
    async (kept) => {
      for (const spare of kept === 9 ? [0] : [0, 1]) {
        const fitted = await fit(100, 100 - 2 - 2 * kept - spare);
        expect(fitted.examples).toEqual(examples.slice(0, kept));
        expect(fitted.dropped).toEqual(examples.slice(kept));
        expect(fitted.tokens).toBe(2 + 2 * kept);
        expect(fitted.prompt).toEqual(renderPrompt(template, { row, examples: fitted.examples }));
      }
    },
  );

  it('never cuts the instruction or the row', async () => {
    for (const given of [examples, []]) {
      const error = await fit(100, 99, given).catch((reason: unknown) => reason as ToolkitError);
      expect((error as ToolkitError).code).toBe('CONTEXT_OVERFLOW');
      expect((error as ToolkitError).message).toBe(
        'test.md: the prompt has 2 tokens without any example, and the context window of 100 leaves 1 beside 99 for the answer; its longest field, text, has 5 characters',
      );
    }
  });

  it('waits for a counter that takes its time', async () => {
    const countTokens: CountTokens = (prompt) => Promise.resolve(countWords(prompt));
    const options = { template, row, examples, countTokens, contextLength: 10, maxNewTokens: 4 };
    expect((await fitPrompt(options)).examples).toHaveLength(2);
  });
});
