/** JSON leaves these as they are inside strings, but a terminal that shows the JSON would obey them. */
const UNSAFE_IN_JSON = /[\u007f-\u009f]|\p{Bidi_Control}|[\u2028\u2029]/gu;

/** A value as indented JSON with a final line feed; safe to print, and the same value when parsed. */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(
    UNSAFE_IN_JSON,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}
