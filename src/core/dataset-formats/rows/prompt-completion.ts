import { contentLeftOut, textColumn } from '../columns.js';
import type { Row, RowFormat } from '../row-format.js';

/** Column names in use for a prompt and its completion; the first pair is the one that messages name. */
const COLUMN_PAIRS = [
  ['prompt', 'completion'],
  ['prompt', 'response'],
  ['question', 'answer'],
  ['input', 'output'],
  ['instruction', 'response'],
] as const;

/** Columns that say what the prompt is about in datasets of these names, for instance Dolly's `context`. */
const CONTEXT_COLUMNS = ['system', 'instruction', 'context', 'input'];

function columnPair(row: Row): (typeof COLUMN_PAIRS)[number] | undefined {
  return COLUMN_PAIRS.find((pair) => pair.every((column) => Object.hasOwn(row, column)));
}

/** A text and how it goes on, taken as they are: no space or line break is put between them. */
export const promptCompletion: RowFormat = {
  id: 'prompt-completion',
  description: `Two texts: ${COLUMN_PAIRS.map(([prompt, completion]) => `"${prompt}" and "${completion}"`).join(', ')}.`,
  example: { prompt: 'The capital of France is', completion: ' Paris.' },
  detect: (row) => columnPair(row) !== undefined,
  parse(row) {
    const [promptColumn, completionColumn] = columnPair(row) ?? COLUMN_PAIRS[0];
    const prompt = textColumn(row, promptColumn);
    if (typeof prompt !== 'string') return prompt;
    const completion = textColumn(row, completionColumn);
    if (typeof completion !== 'string') return completion;
    const context = CONTEXT_COLUMNS.filter((column) => column !== promptColumn);
    return contentLeftOut(row, context) ?? { kind: 'prompt-completion', prompt, completion };
  },
};
