import type { FileSystem } from '../../platform/file-system.js';
import type { Row } from '../../core/dataset-formats/row-format.js';
import { quoteName } from '../../core/checkpoints/quote-name.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { loadRows, type LoadedRows } from '../../core/evaluation/load-rows.js';
import { didYouMean } from '../../core/near-matches.js';
import { openPrompt, type PromptFolderPorts } from '../../core/prompt-engineering/open-prompt.js';
import {
  isClassification,
  rowsForPrompt,
  settingsForRows,
} from '../../core/prompt-engineering/prompt-rows.js';
import { makePromptTemplate, type PromptTemplate } from '../../core/prompts/prompt-template.js';
import type { PromptSweepSettings } from './prompt-engineer-options.js';

/** A prompt with the rows in the form that it needs. */
export interface OpenPrompt {
  /** What the user calls it. */
  readonly name: string;
  readonly template: PromptTemplate;
  /** Rows that are measured on. */
  readonly rows: readonly Row[];
  /** Rows that examples may be chosen from. */
  readonly pool: readonly Row[];
}

/** Prompts over the same rows. */
export interface OpenPrompts {
  readonly prompts: readonly OpenPrompt[];
  readonly dataset: Pick<LoadedRows, 'path' | 'sha256'>;
  /** Where examples come from; `undefined` where none are shown. */
  readonly examples: Pick<LoadedRows, 'path' | 'sha256'> | undefined;
  readonly isClassification: boolean;
}

/**
 * Reads prompts and the rows that they are tried on.
 *
 * @throws ToolkitError `USAGE` for prompts that do not go together; what templates and datasets throw
 */
export async function openPrompts(
  settings: PromptSweepSettings,
  ports: PromptFolderPorts,
): Promise<OpenPrompts> {
  const { files } = ports;
  const templates: PromptTemplate[] = [];
  for (const name of settings.prompts) templates.push(await openPrompt(name, ports));
  assertVariables(settings.columns, templates);
  const measured = await loadRows(files, { path: settings.dataset, split: settings.split });
  const own = measured.rows.slice(0, settings.limit);
  const [first] = own;
  if (first === undefined) {
    throw new ToolkitError(
      `${measured.path}: has no rows to measure on`,
      'BAD_DATASET',
      'Choose other rows.',
    );
  }
  const others = settings.shots.some((count) => count > 0) ? await examplesOf(settings, files) : undefined;

  const prompts: OpenPrompt[] = [];
  for (const [index, template] of templates.entries()) {
    const { where, body } = template;
    const fitted = settingsForRows(template.settings, where, first, settings);
    prompts.push({
      name: settings.prompts[index]!,
      template: await makePromptTemplate(fitted, body, where),
      rows: rowsForPrompt(own, fitted, measured.path),
      pool: others === undefined ? [] : rowsForPrompt(others.rows, fitted, others.path),
    });
  }
  const kinds = prompts.map(({ template }) => isClassification(template.settings));
  const other = kinds.findIndex((kind) => kind !== kinds[0]);
  if (other >= 0) {
    const [labelled, free] = kinds[0] === true ? [0, other] : [other, 0];
    throw new ToolkitError(
      `--prompt: ${settings.prompts[labelled]!} chooses among labels, ${settings.prompts[free]!} does not`,
      'USAGE',
      'Compare prompts for the same task.',
    );
  }
  return { prompts, dataset: measured, examples: others, isClassification: kinds[0]! };
}

function assertVariables(
  columns: Readonly<Record<string, string>>,
  templates: readonly PromptTemplate[],
): void {
  const known = templates.flatMap(({ settings }) => Object.keys(settings.variables));
  const unknown = Object.keys(columns).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ToolkitError(
    `--column ${unknown}=…: no prompt has a variable ${quoteName(unknown)}`,
    'USAGE',
    didYouMean(unknown, known) ?? `Their variables: ${[...new Set(known)].join(', ')}.`,
  );
}

async function examplesOf(
  { dataset, examplesFrom }: PromptSweepSettings,
  files: FileSystem,
): Promise<LoadedRows> {
  const isFile = (await files.stat(examplesFrom))?.kind === 'file';
  return loadRows(files, { path: isFile ? examplesFrom : dataset, split: examplesFrom });
}
