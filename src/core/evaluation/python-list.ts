/** One item of a list: a string in one of Python's four kinds of quotes, or a plain word such as a number. */
const ITEM = /\s*(?:('''|"""|'|")((?:\\[\s\S]|(?!\1)[\s\S])*)\1|([+-]?[\w.]+(?:[+-]\d+)?))\s*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', a: '\x07' },
  ...{ '\\': '\\', "'": "'", '"': '"', '\n': '' },
};

function unescape(body: string): string {
  return body.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([\s\S]))/gi,
    (escape, byte?: string, unit?: string, letter?: string) =>
      letter === undefined ? String.fromCharCode(parseInt(byte ?? unit!, 16)) : (ESCAPES[letter] ?? escape),
  );
}

/**
 * The texts of a list of Python that was written out by a template, such as `['''{{a}}: yes''', "no"]`; as
 * lm-evaluation-harness reads choices. `undefined` for anything else.
 */
export function parsePythonList(source: string): string[] | undefined {
  const text = source.trim();
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
  const items: string[] = [];
  let at = 1;
  while (at < text.length - 1) {
    ITEM.lastIndex = at;
    const [whole, , quoted, word] = ITEM.exec(text) ?? [];
    if (whole === undefined) return undefined;
    items.push(quoted === undefined ? word! : unescape(quoted));
    at += whole.length;
    if (at < text.length - 1 && text[at++] !== ',') return undefined;
  }
  return items;
}
