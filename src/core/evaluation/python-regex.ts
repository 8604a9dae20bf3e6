import { quoteName } from '../checkpoints/quote-name.js';

/** Characters of a pattern at most. */
const MOST_CHARACTERS = 2000;

/** Flags that a pattern of Python may begin with, `(?s)`, as JavaScript has them; `u` and `a` are no matter here. */
const FLAGS: Readonly<Record<string, string>> = { i: 'i', m: 'm', s: 's', u: '', a: '' };

/**
 * A regular expression of Python's `re`, for JavaScript: the flags at its beginning, named groups, `\A` and `\Z` are
 * written otherwise there. It matches everywhere (`g`).
 *
 * @throws Error that says what is wrong with it
 */
export function pythonRegex(pattern: string): RegExp {
  if (pattern.length > MOST_CHARACTERS) throw new Error(`has more than ${MOST_CHARACTERS} characters`);
  let flags = 'g';
  const body = pattern
    .replace(/^\(\?([a-zA-Z]+)\)/, (_, letters: string) => {
      for (const letter of letters) {
        const flag = FLAGS[letter];
        if (flag === undefined) throw new Error(`the flag ${letter} is not known`);
        if (!flags.includes(flag)) flags += flag;
      }
      return '';
    })
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/\\([\s\S])/g, (escape, letter: string) =>
      letter === 'A' ? '(?<![\\s\\S])' : letter === 'Z' ? '(?![\\s\\S])' : escape,
    );
  try {
    return new RegExp(body, flags);
  } catch (error) {
    throw new Error(`${quoteName(pattern)} is not a regular expression: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A replacement of Python's `re.sub`, where `\1` is the first group, for JavaScript. */
export function pythonReplacement(text: string): string {
  return text.replaceAll('$', '$$$$').replace(/\\(?:g<(\d+)>|(\d))/g, (_, long?: string, short?: string) => {
    const group = long ?? short!;
    return group === '0' ? '$&' : `$${group}`;
  });
}
