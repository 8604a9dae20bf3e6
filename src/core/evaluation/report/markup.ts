import { visibleText } from '../../visible-text.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that is safe to stand in a page: made by {@link markup} alone. */
export class Markup {
  constructor(readonly html: string) {}
}

type Part = string | number | Markup | null | readonly Part[];

function render(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.html;
  if (typeof part === 'object') return part.map(render).join('');
  return visibleText(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * HTML from a template, in which every value is text: escaped, with control characters visible, so that it is as safe in
 * a quoted attribute as between tags. Only what this function made goes in as HTML; lists are joined, `null` is nothing.
 */
export function markup(texts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(texts.reduce((html, text, index) => html + render(values[index - 1]!) + text));
}
