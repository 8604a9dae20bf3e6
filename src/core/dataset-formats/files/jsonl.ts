import { isJsonObject } from '../../checkpoints/json-file.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { isBlank, kindOf } from '../columns.js';
import type { FileRow, TextFileFormat } from './file-format.js';
import { findJsonFault } from './json-fault.js';
import { BYTE_ORDER_MARK, type Line } from './lines.js';

function readLine(line: number, text: string): FileRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { position, why } = findJsonFault(text);
    return { line, problem: `invalid JSON at character ${position + 1}: ${why}`, text };
  }
  return isJsonObject(value)
    ? { line, row: value }
    : { line, problem: `is ${kindOf(value)}, not a JSON object`, text };
}

/** The rows of lines that hold a JSON object each; blank lines are skipped. */
export async function* jsonLines(
  lines: AsyncIterable<Line> | Iterable<Line>,
  path: string,
): AsyncGenerator<FileRow> {
  let isFirst = true;
  for await (const { number, text } of lines) {
    if (text === undefined) {
      yield { line: number, problem: 'is not valid UTF-8', text: '' };
    } else if (text.startsWith(BYTE_ORDER_MARK)) {
      yield { line: number, problem: 'has a stray byte order mark before its first character', text };
    } else if (!isBlank(text)) {
      if (isFirst && text.trim() === '[') {
        throw new ToolkitError(
          `${path}:${number}: begins a JSON array that goes over several lines, not one JSON object a line`,
          'BAD_DATASET',
          'If the whole file is one JSON array, name it .json.',
        );
      }
      yield readLine(number, text);
    } else continue;
    isFirst = false;
  }
}

/** JSON Lines: one JSON object a line. Read line by line, so the file may be larger than memory. */
export const jsonl: TextFileFormat = {
  access: 'lines',
  extensions: ['.jsonl', '.ndjson'],
  rows: jsonLines,
};
