import { UNSAFE_CHARACTERS } from '../core/visible-text.js';

/** A value as one line of JSON that a terminal can show: text in it moves no cursor and reorders no text. */
export function jsonLine(value: object): string {
  const text = JSON.stringify(value).replace(
    UNSAFE_CHARACTERS,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}
