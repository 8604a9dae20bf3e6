import { ToolkitError } from '../../errors/toolkit-error.js';

/** A line of a file without its end. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** `undefined` when the bytes are not valid UTF-8. */
  readonly text: string | undefined;
}

/** Longest string of V8 on 64-bit machines, in characters. */
const LONGEST_STRING = 2 ** 29 - 24;

/** U+FEFF, which some programs put at the start of a file. */
export const BYTE_ORDER_MARK = '\uFEFF';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

/** The byte order mark of UTF-16 at the start of a file, in either order; neither byte occurs in UTF-8. */
function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/**
 * Lines of a file that may be larger than memory: LF or CRLF ends them, one byte order mark at the start is skipped.
 *
 * @param path for messages
 * @throws ToolkitError `BAD_DATASET` for UTF-16, or for a line that is longer than a string can be
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Line> {
  // Fatal: bytes that are not UTF-8 must not become replacement characters that a model would learn.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array): string | undefined => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
  let number = 0;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const take = (piece: Uint8Array): void => {
    length += piece.length;
    if (length > LONGEST_STRING) {
      throw new ToolkitError(
        `${path}: line ${number + 1} is longer than ${LONGEST_STRING} bytes`,
        'BAD_DATASET',
        'Write one row a line (JSON Lines, .jsonl), or cut the file into parts.',
      );
    }
    pieces.push(piece);
  };
  const finish = (): Line => {
    let bytes = join(pieces);
    pieces = [];
    length = 0;
    number++;
    if (number === 1 && isUtf16(bytes)) {
      throw new ToolkitError(`${path}: is UTF-16, not UTF-8`, 'BAD_DATASET', 'Save it as UTF-8.');
    }
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    const text = decode(bytes);
    return { number, text: number === 1 && text?.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      take(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (pieces.length > 0) yield finish();
}

/**
 * The texts of lines that only make sense together.
 *
 * @throws ToolkitError `BAD_DATASET` at the first line that is not valid UTF-8, or for a second byte order mark
 */
export async function* validLines(lines: AsyncIterable<Line>, path: string): AsyncGenerator<string> {
  for await (const { number, text } of lines) {
    if (text === undefined) {
      throw new ToolkitError(`${path}:${number}: is not valid UTF-8`, 'BAD_DATASET', 'Save it as UTF-8.');
    }
    if (number === 1 && text.startsWith(BYTE_ORDER_MARK)) {
      throw new ToolkitError(`${path}:1: has two byte order marks`, 'BAD_DATASET', 'Remove them.');
    }
    yield text;
  }
}

/**
 * All lines as one text, with line feeds between them.
 *
 * @throws ToolkitError `BAD_DATASET` as {@link validLines}, or when it is longer than a string can be
 */
export async function wholeText(lines: AsyncIterable<Line>, path: string): Promise<string> {
  const texts: string[] = [];
  let length = 0;
  for await (const text of validLines(lines, path)) {
    length += text.length + 1;
    if (length > LONGEST_STRING) {
      throw new ToolkitError(
        `${path}: is longer than ${LONGEST_STRING} characters, too many to be read at once`,
        'BAD_DATASET',
        'Convert it to JSON Lines (.jsonl), which is read row by row.',
      );
    }
    texts.push(text);
  }
  return texts.join('\n');
}
