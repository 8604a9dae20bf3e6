import { describe, expect, it } from 'vitest';
import { comparePredictions, compareTexts } from '../../../../src/core/exports/verify/compare-runners.js';
import type { ExportRunner } from '../../../../src/core/exports/verify/export-runner.js';
import { LIMITS } from '../../../../src/core/exports/verify/limits.js';
import { openOllamaRunner } from '../../../../src/core/exports/verify/ollama-runner.js';

/** Texts as their code points. */
function runner(prepare: (text: string) => string): ExportRunner {
  const never = () => Promise.reject(new Error('not run'));
  const tokenize = (text: string): number[] => Array.from(prepare(text), (one) => one.codePointAt(0)!);
  return {
    ...{ name: 'code points', contextLength: 512, vocabulary: 4, begin: undefined, end: undefined },
    ...{ isEnd: () => false, tokenize, hasChatTemplate: false, renderChat: String, encodeChat: () => [] },
    ...{ logits: never, greedy: never, dispose: () => Promise.resolve() },
  };
}
const composing = runner((text) => text.normalize('NFC'));

function tokensOfTexts(original: ExportRunner, exported: ExportRunner) {
  return compareTexts(original, exported, []).find(({ check }) => check === 'tokens of texts')!;
}

describe('tokens of texts', () => {
  it('are noted where they differ only because llama.cpp does not compose characters', () => {
    const row = tokensOfTexts(composing, runner(String));
    expect(row).toMatchObject({ verdict: 'note', original: '13', exported: '12 the same' });
    expect(row.detail).toContain('compose');
  });

  it('fail where more than that differs, and where it is the export that composes', () => {
    const further = runner((text) => text.replace('Straße', 'Strasse'));
    expect(tokensOfTexts(composing, further).verdict).toBe('fail');
    expect(tokensOfTexts(runner(String), composing).verdict).toBe('fail');
  });
});

function rowOf(check: string, original: ExportRunner, exported: ExportRunner) {
  return compareTexts(original, exported, []).find((row) => row.check === check)!;
}

describe('stop tokens', () => {
  const original = { ...runner(String), isEnd: (id: number) => id === 1, isSpecial: (id: number) => id < 3 };
  const ending = (...ids: number[]) => ({ ...runner(String), isEnd: (id: number) => ids.includes(id) });

  it('may be more by those that never stand in a text, as llama.cpp has it', () => {
    expect(rowOf('stop tokens', original, ending(1, 2)).verdict).toBe('note');
  });

  it('fail where one is missing, or a token of texts stops too', () => {
    expect(rowOf('stop tokens', original, ending(2)).detail).toContain('1 does not end an answer');
    const row = rowOf('stop tokens', original, ending(1, 3));
    expect(row).toMatchObject({ verdict: 'fail', detail: '3, part of texts, ends an answer in the export' });
  });
});

describe('a Modelfile of a model without conversations', () => {
  const withTemplate = (template: string | undefined) =>
    openOllamaRunner(
      runner(String),
      { from: 'a.gguf', template, system: undefined, parameters: [] },
      'Modelfile',
    );

  it('passes prompts on as they are', () => {
    for (const template of [undefined, '{{ .Prompt }}']) {
      expect(rowOf('around a text', runner(String), withTemplate(template)).verdict).toBe('pass');
    }
  });

  it('may write nothing around them', () => {
    const row = rowOf('around a text', runner(String), withTemplate('>{{ .Prompt }}'));
    // 62 is ">".
    expect(row).toMatchObject({ verdict: 'fail', exported: '62 … nothing' });
  });
});

it('refuses to compare with an original that predicts NaN, whatever the export does', async () => {
  const broken = {
    ...runner(String),
    logits: (tokens: readonly number[]) => Promise.resolve(tokens.map(() => Float32Array.of(1, NaN, 0, 0))),
  };
  const references = [{ runner: broken, limits: LIMITS['2-bit'] }];
  const settings = { prompts: [], prose: [] };
  await expect(
    comparePredictions(references, broken, settings, { onProgress: () => undefined }),
  ).rejects.toThrow('predicts NaN');
});
