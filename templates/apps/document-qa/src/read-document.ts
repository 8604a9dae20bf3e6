import { Parser } from 'htmlparser2';
import { UserError } from './model-server.js';

/** A line of text, and the line of the file that it stands in, counted from 1. */
export interface Line {
  readonly text: string;
  readonly line: number;
}

/** Lines that belong together; no passage reaches from one section into another. */
export type Section = readonly Line[];

type Reader = (text: string, file: string) => Section[];

/** What reads each kind of file, by its ending. */
const READERS: Readonly<Record<string, Reader>> = {
  '.txt': (text) => [textLines(text)],
  '.md': (text) => [textLines(text)],
  '.html': (text) => [htmlLines(text)],
  '.htm': (text) => [htmlLines(text)],
  '.jsonl': jsonRows,
};

/** Endings of the files that are read. */
export const ENDINGS = Object.keys(READERS);

/** Tags whose content is not text for readers. */
const UNREAD = new Set(['script', 'style', 'template', 'noscript', 'head']);
/** Tags that run on within a line; all others begin a new one. */
const INLINE = new Set(
  'a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup time u var wbr'.split(
    ' ',
  ),
);

/**
 * The text of a document.
 *
 * @param ending of the file's name, one of {@link ENDINGS}
 * @throws UserError for bytes that are no UTF-8, and rows that are no JSON
 */
export function readDocument(bytes: Uint8Array, file: string, ending: string): Section[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file}: is not UTF-8 text. Save it in UTF-8, or move it out of the folder.`);
  }
  return READERS[ending]?.(text, file) ?? [];
}

function textLines(text: string): Section {
  return text.split(/\r\n|\n|\r/).map((line, index) => ({ text: line, line: index + 1 }));
}

/** Each row is a section of its own: the texts in it, whatever fields they are in. */
function jsonRows(text: string, file: string): Section[] {
  return textLines(text)
    .filter((row) => row.text.trim() !== '')
    .map(({ text: row, line }) => {
      try {
        return [{ text: texts(JSON.parse(row)).join('\n'), line }];
      } catch {
        throw new UserError(
          `${file}:${line}: is not JSON. Each line of a .jsonl file is a value of its own.`,
        );
      }
    });
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** What a reader of the page sees, with the lines of the source. */
function htmlLines(html: string): Section {
  const lines: Line[] = [];
  const unread: string[] = [];
  let current = '';
  let start = 1;
  let line = 1;
  let counted = 0;
  const lineAt = (place: number): number => {
    for (; counted < place; counted++) if (html.charCodeAt(counted) === 0x0a) line++;
    return line;
  };
  const endLine = (): void => {
    const text = current.replace(/\s+/g, ' ').trim();
    if (text !== '') lines.push({ text, line: start });
    current = '';
  };
  const parser = new Parser({
    onopentag(name) {
      if (UNREAD.has(name)) unread.push(name);
      if (!INLINE.has(name)) endLine();
    },
    onclosetag(name) {
      if (unread.at(-1) === name) unread.pop();
      if (!INLINE.has(name)) endLine();
    },
    ontext(text) {
      if (unread.length > 0) return;
      const leading = /^\s*/.exec(text)![0].length;
      if (current.trim() === '') start = lineAt(Math.min(parser.startIndex + leading, html.length));
      current += text;
    },
  });
  parser.end(html);
  endLine();
  return lines;
}
