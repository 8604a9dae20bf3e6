/**
 * What can move a cursor, recolour, retitle or reorder the text around it: control characters (among them the escape
 * that starts every ANSI sequence), Unicode's bidirectional controls, its line and paragraph separators; and halves of
 * surrogate pairs, which no encoding can carry.
 */
export const UNSAFE_CHARACTERS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return (
    SHORT_ESCAPES[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}

/** Text from data on one line, with visible escapes such as `\x1b`, `\n` or `\u202e` in place of unsafe characters. */
export function visibleText(text: string): string {
  return text.replace(UNSAFE_CHARACTERS, escapeCharacter);
}

/** The same for text of several lines: line feeds and tabs stay what they are. */
export function visibleLines(text: string): string {
  return text.replace(UNSAFE_CHARACTERS, (character) =>
    character === '\n' || character === '\t' ? character : escapeCharacter(character),
  );
}
