import { quoteName } from '../../checkpoints/quote-name.js';

/** Where JSON text stops being JSON, and why. */
export interface JsonFault {
  /** Index of the first character that cannot stand there. */
  readonly position: number;
  readonly why: string;
}

function parseError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

/**
 * V8 names the position of some faults only. A text cut off before an unexpected token ends too early instead, so the
 * shortest start of the text that has one ends with it.
 */
function unexpectedTokenPosition(text: string): number {
  let [without, withToken] = [0, text.length];
  while (withToken - without > 1) {
    const middle = (without + withToken) >>> 1;
    if (parseError(text.slice(0, middle))?.startsWith('Unexpected token')) withToken = middle;
    else without = middle;
  }
  return without;
}

/** The first fault of a text that `JSON.parse` refuses. */
export function findJsonFault(text: string): JsonFault {
  const message = parseError(text) ?? '';
  const placed = /^(.*?)(?: in JSON)? at position (\d+)/.exec(message);
  if (placed) {
    const position = Number(placed[2]);
    return position < text.length
      ? { position, why: placed[1]! }
      : { position: text.length, why: 'it ends too early' };
  }
  if (!message.startsWith('Unexpected token')) return { position: text.length, why: 'it ends too early' };
  const position = unexpectedTokenPosition(text);
  return { position, why: `unexpected ${quoteName(String.fromCodePoint(text.codePointAt(position)!))}` };
}
