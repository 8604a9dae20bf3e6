/** What could end the script element or reorder the page's source for its reader. */
const NOT_FOR_PAGES = /[<\p{Bidi_Control}\p{Zl}\p{Zp}\u007f-\u009f]/gu;

/** JSON that stands in a `<script type="application/json">`: the same value, with no `<` and no invisible control in it. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    NOT_FOR_PAGES,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
