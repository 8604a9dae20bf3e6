import { describe, expect, it } from 'vitest';
import { compareTexts } from '../../../../src/core/exports/verify/compare-runners.js';
import type { ExportRunner } from '../../../../src/core/exports/verify/export-runner.js';

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
