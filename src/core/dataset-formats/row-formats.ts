import { ToolkitError } from '../errors/toolkit-error.js';
import { quoteName } from '../checkpoints/quote-name.js';
import type { Row, RowFormat } from './row-format.js';
import { alpaca } from './rows/alpaca.js';
import { messages } from './rows/messages.js';
import { promptCompletion } from './rows/prompt-completion.js';
import { sharegpt } from './rows/sharegpt.js';
import { text } from './rows/text.js';

/** Every row format; of several that a row has the columns of, the first is meant. */
export const ROW_FORMATS: readonly RowFormat[] = [messages, sharegpt, alpaca, promptCompletion, text];

/** The format whose columns a row has. */
export function detectRowFormat(row: Row): RowFormat | undefined {
  return ROW_FORMATS.find((format) => format.detect(row));
}

/** @throws ToolkitError `USAGE` when there is no format of that name */
export function rowFormatOf(id: string): RowFormat {
  const format = ROW_FORMATS.find((candidate) => candidate.id === id);
  if (format !== undefined) return format;
  throw new ToolkitError(
    `format ${quoteName(id)} is not known`,
    'USAGE',
    `Row formats: ${ROW_FORMATS.map((known) => known.id).join(', ')}.`,
  );
}
