/** Of a card that covers more languages than it names. */
export const MULTILINGUAL = 'multilingual';

const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** English name of a language by its ISO 639 code; the code itself where it has none. */
export function languageName(code: string): string {
  return nameOf(code) ?? code;
}

function nameOf(code: string): string | undefined {
  try {
    return NAMES.of(code);
  } catch {
    // Not even the form of a code.
    return undefined;
  }
}

/**
 * The code of a language given by code or by English name: `de`, `German`.
 *
 * @param named codes whose names are known too
 * @returns `undefined` for what is neither
 */
export function languageCode(text: string, named: Iterable<string>): string | undefined {
  const wanted = text.trim().toLowerCase();
  if (/^[a-z]{2,3}$/.test(wanted) && nameOf(wanted) !== undefined) return wanted;
  return [...named].find((code) => nameOf(code)?.toLowerCase() === wanted);
}
