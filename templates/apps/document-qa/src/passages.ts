import type { Section } from './read-document.js';

/** A piece of a document that is found, shown to the model and cited as one. */
export interface Passage {
  readonly text: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Tokens of a passage: long enough for a thought, short enough that several fit a small model's context. */
const PASSAGE_TOKENS = 200;
/** Tokens that a passage shares with the one before, so that no sentence is lost between them. */
const OVERLAP_TOKENS = 40;
/** Characters of a token, roughly, in European languages. */
const CHARACTERS_PER_TOKEN = 4;
/** Characters of a word at most; longer runs, as in languages without spaces, are cut. */
const LONGEST_WORD = 80;
const SENTENCE_END = /[.!?。!?]["'”’)\]]*$/u;

interface Word {
  readonly text: string;
  readonly line: number;
  readonly tokens: number;
  /** What stands before it when it is not the first: a line's beginning is kept, since it tells lists and headings. */
  readonly before: ' ' | '\n' | '';
}

/** Cuts a section into passages that overlap, at the ends of sentences where there are any. */
export function passages(section: Section): Passage[] {
  const words = section.flatMap(({ text, line }) => wordsOf(text, line));
  const found: Passage[] = [];
  let start = 0;
  while (start < words.length) {
    const end = passageEnd(words, start);
    const part = words.slice(start, end);
    found.push({
      text: part.map(({ text, before }, index) => (index === 0 ? text : before + text)).join(''),
      firstLine: part[0]!.line,
      lastLine: part.at(-1)!.line,
    });
    if (end === words.length) break;
    start = overlapStart(words, start, end);
  }
  return found;
}

function wordsOf(text: string, line: number): Word[] {
  let isFirst = true;
  return [...text.matchAll(/\S+/g)].flatMap(([run]) =>
    (run.match(new RegExp(`.{1,${LONGEST_WORD}}`, 'gsu')) ?? []).map((piece, index) => {
      const before = index > 0 ? '' : isFirst ? '\n' : ' ';
      isFirst = false;
      return { text: piece, line, tokens: Math.ceil(piece.length / CHARACTERS_PER_TOKEN), before } as const;
    }),
  );
}

/** As many words as fit; rather fewer, down to half, where a sentence ends there. */
function passageEnd(words: readonly Word[], start: number): number {
  let end = start;
  let tokens = 0;
  let sentence: number | undefined;
  for (; end < words.length; end++) {
    tokens += words[end]!.tokens;
    if (tokens > PASSAGE_TOKENS) return sentence ?? end;
    if (tokens > PASSAGE_TOKENS / 2 && SENTENCE_END.test(words[end]!.text)) sentence = end + 1;
  }
  return end;
}

/** The next passage begins some words before the end of this one, and always after its start. */
function overlapStart(words: readonly Word[], start: number, end: number): number {
  let next = end;
  let tokens = 0;
  while (next > start + 1 && tokens + words[next - 1]!.tokens <= OVERLAP_TOKENS)
    tokens += words[--next]!.tokens;
  return next;
}
