/** Characters of a token, roughly, in European languages. */
const CHARACTERS_PER_TOKEN = 4;

/** Ends that a part may have, best first: of a paragraph, a line, a sentence, a word. */
const ENDS = [/\n\s*\n/g, /\n/g, /[.!?。!?]["'”’)\]]*\s+/gu, /\s+/g];

/** How many tokens a text has, roughly. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** Cuts a text into parts of so many tokens at most; together they are the text, but for space around them. */
export function splitText(text: string, tokens: number): string[] {
  const parts: string[] = [];
  const longest = tokens * CHARACTERS_PER_TOKEN;
  let rest = text.trim();
  while (rest.length > longest) {
    const end = partEnd(rest.slice(0, longest));
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === '' ? parts : [...parts, rest];
}

/** Where to cut: at the last end of the best kind in the second half, else after the last whole character. */
function partEnd(text: string): number {
  for (const end of ENDS) {
    const last = [...text.matchAll(end)].at(-1);
    if (last !== undefined && last.index > text.length / 2) return last.index + last[0].length;
  }
  const splitsPair = /[\ud800-\udbff]$/.test(text);
  return text.length - (splitsPair ? 1 : 0);
}
