import { isJsonObject } from '../../checkpoints/json-file.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { isBlank, kindOf, listColumns } from '../columns.js';
import type { TextFileFormat } from './file-format.js';
import { findJsonFault } from './json-fault.js';
import { jsonLines } from './jsonl.js';
import { wholeText } from './lines.js';

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Whether a text that is not JSON as a whole has a JSON object on its first line: much JSON Lines is named .json. */
function isJsonLines(text: string): boolean {
  const first = text.split('\n', 1)[0]!;
  return isJsonObject(parse(first)?.value);
}

function invalidJson(text: string, path: string): ToolkitError {
  const { position, why } = findJsonFault(text);
  const before = text.slice(0, position).split('\n');
  const column = before.at(-1)!.length + 1;
  return new ToolkitError(
    `${path}:${before.length}: invalid JSON at character ${column}: ${why}`,
    'BAD_DATASET',
    'Mend the file, or convert it to JSON Lines (.jsonl), where one bad row does not spoil the rest.',
  );
}

/** One JSON array of objects, or an object that holds it as `data`; JSON Lines under this name are read as such. */
export const json: TextFileFormat = {
  access: 'lines',
  extensions: ['.json'],
  async *rows(lines, path) {
    const text = await wholeText(lines, path);
    if (isBlank(text)) return;
    const parsed = parse(text);
    if (parsed === undefined) {
      if (!isJsonLines(text)) throw invalidJson(text, path);
      yield* jsonLines(
        text.split('\n').map((line, index) => ({ number: index + 1, text: line })),
        path,
      );
      return;
    }
    const { value } = parsed;
    const list = isJsonObject(value) ? value['data'] : value;
    if (!Array.isArray(list)) {
      throw new ToolkitError(
        `${path}: holds ${isJsonObject(value) ? `one object with ${listColumns(value)}` : kindOf(value)}, not rows`,
        'BAD_DATASET',
        'Give a JSON array of objects, or an object that holds it as "data".',
      );
    }
    for (const [index, row] of (list as unknown[]).entries()) {
      const line = index + 1;
      if (isJsonObject(row)) yield { line, isInArray: true, row };
      else
        yield {
          line,
          isInArray: true,
          problem: `is ${kindOf(row)}, not a JSON object`,
          text: JSON.stringify(row),
        };
    }
  },
};
