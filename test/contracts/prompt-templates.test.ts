import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parsePromptTemplate, writePromptTemplate } from '../../src/core/prompts/prompt-template.js';
import { renderPrompt } from '../../src/core/prompts/render-prompt.js';
import type { Prompt } from '../../src/core/providers/provider.js';

const FOLDER = fileURLToPath(new URL('../../templates/prompts', import.meta.url));
/** Those of judges are no prompts to begin from. */
const files = readdirSync(FOLDER).filter((file) => !file.startsWith('judge-'));
const textOf = (prompt: Prompt): string =>
  prompt.kind === 'text' ? prompt.text : prompt.messages.map(({ content }) => content).join('\n');

describe('the starter prompts', () => {
  it('come in pairs, plain and chat', () => {
    const names = files.map((file) => file.replace(/-(plain|chat)\.md$/, ''));
    for (const name of names)
      expect(files).toEqual(expect.arrayContaining([`${name}-plain.md`, `${name}-chat.md`]));
    expect([...new Set(names)].sort()).toEqual(
      [
        ...['classification', 'code', 'conversation', 'essay', 'extraction', 'question-answering'],
        ...['rewriting', 'similarity', 'summarization', 'tool-calling', 'translation'],
      ].sort(),
    );
  });

  it.each(files)('%s', async (file) => {
    const template = await parsePromptTemplate(readFileSync(join(FOLDER, file), 'utf8'), file);
    const { settings, rowVariables, exampleVariables } = template;
    expect(file).toBe(`${settings.name}.md`);
    expect(file.endsWith(`-${settings.kind}.md`)).toBe(true);
    expect(settings.task).toBeDefined();
    expect(settings.generation.max_new_tokens).toBeGreaterThan(0);
    expect(exampleVariables).toContain(settings.answer);
    expect(rowVariables).not.toContain(settings.answer);

    // Only what has no default need be in a row.
    const needed = Object.keys(settings.variables).filter(
      (name) => !('default' in settings.variables[name]!),
    );
    const filled = (mark: string) => Object.fromEntries(needed.map((name) => [name, `«${mark} ${name}»`]));
    const row = filled('row');
    delete row[settings.answer!];
    const zeroShot = textOf(renderPrompt(template, { row }));
    for (const value of Object.values(row)) expect(zeroShot.split(value)).toHaveLength(2);
    const examples = [filled('first'), filled('second')];
    const fewShot = textOf(renderPrompt(template, { row, examples }));
    const shown = [...examples, row].flatMap((values) =>
      Object.values(values).map((value) => fewShot.indexOf(value)),
    );
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(Math.min(...shown)).toBeGreaterThan(0);
    for (const prompt of [zeroShot, fewShot]) {
      expect(prompt).not.toMatch(/\{[{%#]|\n{3}|[{%#]\}/);
      expect(prompt).not.toMatch(/\s$/);
    }

    const again = await parsePromptTemplate(writePromptTemplate(template), file);
    expect(again.settings).toEqual(settings);
  });
});
