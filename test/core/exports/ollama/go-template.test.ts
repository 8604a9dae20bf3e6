import { describe, expect, it } from 'vitest';
import { executeChat } from '../../../../src/core/exports/ollama/execute-chat.js';
import { parseGoTemplate } from '../../../../src/core/exports/ollama/go-template.js';
import { GOLDEN, readJson } from '../../../golden/golden.js';

// Rendered by Go's own text/template: test/golden/make-go-templates.go.
const cases = readJson<
  { template: string; messages: { role: string; content: string }[]; rendered: string }[]
>(GOLDEN, 'go-templates.json');

describe('a Go template', () => {
  it.each(cases)('writes what Go writes: $template', ({ template, messages, rendered }) => {
    expect(executeChat(parseGoTemplate(template), messages, undefined)).toBe(rendered);
  });

  it.each([
    '{{ template "x" }}',
    '{{ len .Messages }}',
    '{{ if .System }}',
    '{{ .Content | upper }}',
    '{{ end }}',
  ])('is refused where it is beyond what is evaluated here: %s', (template) => {
    expect(() => executeChat(parseGoTemplate(template), [{ role: 'user', content: 'x' }], 'y')).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });
});
