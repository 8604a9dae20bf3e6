import { textColumn } from '../columns.js';
import type { RowFormat } from '../row-format.js';

/** Plain documents, as corpora for pre-training are published; other columns (a source, a label) are not read. */
export const text: RowFormat = {
  id: 'text',
  description: 'Plain text: "text".',
  example: { text: 'Paris is the capital of France.' },
  detect: (row) => Object.hasOwn(row, 'text'),
  parse(row) {
    const document = textColumn(row, 'text');
    return typeof document === 'string' ? { kind: 'text', text: document } : document;
  },
};
