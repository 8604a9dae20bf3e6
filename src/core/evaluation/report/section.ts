import { markup, type Markup } from './markup.js';

/** One part of the report, which the navigation leads to. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}

/** A section with its heading, as a landmark of that name. */
export function sectionMarkup({ id, title, content }: Section): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title" tabindex="-1">${title}</h2>
${content}
</section>
`;
}

/** A table that may be wider than a phone: it scrolls by itself, also from the keyboard. */
export function wideTable(caption: string, rows: Markup): Markup {
  return markup`<p class="caption" aria-hidden="true">${caption}</p><div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table aria-label="${caption}">${rows}</table></div>`;
}
