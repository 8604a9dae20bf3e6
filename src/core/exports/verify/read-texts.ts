import type { FileSystem } from '../../../platform/file-system.js';
import { detectRowFormat } from '../../dataset-formats/row-formats.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { loadRows } from '../../evaluation/load-rows.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';

/** Rows of a dataset that perplexity is taken of: enough to tell two models apart, few enough to wait for. */
const MOST_ROWS = 32;

/** Prompts of a file, one on each line. */
export async function readPrompts(files: FileSystem, path: string): Promise<string[]> {
  const prompts = (await files.readText(path)).split(/\r?\n/).filter((line) => line.trim() !== '');
  if (prompts.length > 0) return prompts;
  throw new ToolkitError(`${path}: holds no prompts`, 'BAD_DATASET', 'Write one prompt on each line.');
}

/** Texts of a dataset's first rows, conversations as the model was trained to see them. */
export async function readProse(
  files: FileSystem,
  path: string,
  split: string,
  tokenizer: Tokenizer,
): Promise<string[]> {
  const { rows } = await loadRows(files, { path, split });
  const format = rows[0] && detectRowFormat(rows[0]);
  if (format === undefined) {
    throw new ToolkitError(
      `${path}: the columns of the rows are of no known format`,
      'BAD_DATASET',
      'Name a dataset of texts, of prompts and completions, or of conversations.',
    );
  }
  return rows.slice(0, MOST_ROWS).map((row, index) => {
    const example = format.parse(row);
    if ('problem' in example) {
      throw new ToolkitError(`${path}: row ${index + 1}: ${example.problem}`, 'BAD_DATASET', 'Mend the row.');
    }
    switch (example.kind) {
      case 'text':
        return example.text;
      case 'prompt-completion':
        return example.prompt + example.completion;
      case 'chat':
        return tokenizer.renderChat(example.messages, { addGenerationPrompt: false });
    }
  });
}
