import { visibleLines, visibleText } from '../core/visible-text.js';

/**
 * Makes text that came from data (file contents, names, model output) safe to print on one line: characters that a
 * terminal would obey are written as visible escapes such as `\x1b`, `\n` or `\u202e`.
 */
export const sanitizeForTerminal = visibleText;

/** The same for text of several lines: line feeds and tabs stay what they are. */
export const sanitizeLinesForTerminal = visibleLines;

/** Combining marks and format characters, which take no cell of their own. */
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** East Asian wide and full-width blocks, and emoji, which take two cells (Unicode Standard Annex 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function cellsOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Terminal cells that sanitized text without colour codes takes. */
export function displayWidth(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** Cuts sanitized text to at most `cells` terminal cells, ending it in `…` where something was cut. */
export function truncateToWidth(text: string, cells: number): string {
  if (displayWidth(text) <= cells) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += cellsOf(character);
    if (used > cells - 1) break;
    kept += character;
  }
  return cells > 0 ? `${kept}…` : '';
}

/** Breaks one sanitized paragraph between words so that no line is wider than `cells`, save for a word that is. */
export function wrapWords(text: string, cells: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || displayWidth(line) + 1 + displayWidth(word) > cells) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}
