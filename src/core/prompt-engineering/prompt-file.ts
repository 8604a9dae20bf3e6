import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { loadRows, type LoadedRows } from '../evaluation/load-rows.js';
import { readSmallText } from '../project/small-text.js';
import { parsePromptTemplate, writePromptTemplate, type PromptTemplate } from '../prompts/prompt-template.js';
import { rowsForPrompt } from './prompt-rows.js';

/** Part of a dataset's folder that examples come from. */
const EXAMPLES_SPLIT = 'train';

/** What stands for bytes that are no UTF-8. */
const UNREADABLE = '\ufffd';

/** @throws ToolkitError `USAGE` for a file that is not UTF-8; as `readSmallText` and `parsePromptTemplate` */
export async function readPromptFile(files: FileSystem, path: string): Promise<PromptTemplate> {
  const text = await readSmallText(files, path);
  const place = text.indexOf(UNREADABLE);
  if (place >= 0) {
    throw new ToolkitError(
      `${path}:${text.slice(0, place).split('\n').length}: holds a character that cannot be read`,
      'USAGE',
      'Save it as UTF-8.',
    );
  }
  return parsePromptTemplate(text, path);
}

/**
 * Rows that a prompt's front matter says its examples are chosen from.
 *
 * @param template whose variables have their columns
 * @param count examples that are to be chosen; of none no rows are read
 * @throws ToolkitError `USAGE` where the front matter names no rows; `BAD_DATASET` where they are no longer those that it
 *   was written for; what `loadRows` and `rowsForPrompt` throw
 */
export async function savedExamples(
  files: FileSystem,
  { settings, where }: Pick<PromptTemplate, 'settings' | 'where'>,
  count = settings.shots?.count ?? 0,
): Promise<Row[]> {
  const { from, sha256 } = settings.shots ?? {};
  if (count === 0) return [];
  if (from === undefined) {
    throw new ToolkitError(
      `${where}: does not say where its ${count === 1 ? 'example comes' : `${count} examples come`} from`,
      'USAGE',
      'Add shots: with from: and the file of their rows to its front matter.',
    );
  }
  const path = isAbsolute(from) ? from : join(dirname(where), from);
  const loaded = await loadRows(files, { path, split: EXAMPLES_SPLIT });
  if (sha256 !== undefined && sha256 !== loaded.sha256) {
    throw new ToolkitError(
      `${loaded.path}: has changed since ${where} was written, so that other examples would stand in the prompt`,
      'BAD_DATASET',
      'Bring the file back; or take sha256: out of the front matter, and measure the prompt again.',
    );
  }
  return rowsForPrompt(loaded.rows, settings, loaded.path);
}

/** Where examples come from, as a prompt in a file is to say it. */
export function examplesSource(
  { path, sha256 }: Pick<LoadedRows, 'path' | 'sha256'>,
  file: string,
): { from: string; sha256: string } {
  return {
    from: relative(dirname(resolve(file)), resolve(path))
      .split(sep)
      .join('/'),
    sha256,
  };
}

/**
 * A prompt's text for another place: it goes on naming the same rows.
 *
 * @throws ToolkitError as {@link readPromptFile}
 */
export async function promptForPlace(files: FileSystem, path: string, place: string): Promise<string> {
  const { settings, body } = await readPromptFile(files, path);
  const { shots } = settings;
  if (shots?.from === undefined || isAbsolute(shots.from)) return writePromptTemplate({ settings, body });
  const from = join(dirname(resolve(path)), shots.from);
  const moved = { ...shots, ...examplesSource({ path: from, sha256: '' }, place), sha256: shots.sha256 };
  return writePromptTemplate({ settings: { ...settings, shots: moved }, body });
}
