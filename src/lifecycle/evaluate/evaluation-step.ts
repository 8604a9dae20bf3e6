import { resolve } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import type { EvaluateResult } from './evaluate.js';

/** What was asked for. */
export interface EvaluationRequest {
  /** The command line after `genai evaluate`. */
  readonly words: readonly string[];
  readonly model: string;
  readonly adapter: string | undefined;
  /** File of the task or of the prompt. */
  readonly task: string | undefined;
}

/** What a project keeps of an evaluation. */
export async function evaluationStep(
  project: string,
  { words, model, adapter, task }: EvaluationRequest,
  { metrics, dataset, out, task: name }: EvaluateResult,
  files: FileSystem,
): Promise<DoneStep> {
  const isThere = async (path: string): Promise<boolean> => (await files.stat(path)) !== undefined;
  /** Providers such as `openai:MODEL` and names of tasks are no paths. */
  const inProject = async (word: string): Promise<string> =>
    (await isThere(word)) ? pathInProject(project, word) : word;
  const command: string[] = [];
  // Measuring again is no other evaluation, and replaces the record of the first.
  for (const word of words.filter((one) => one !== '--force'))
    command.push(commandWord(await inProject(word)));
  const source = (await isThere(model)) ? await openModelSource(files, { model, adapter }) : undefined;
  const candidates = [source?.folder, source?.adapterFolder, dataset.path, task];
  const inputs: string[] = [];
  for (const path of candidates) if (path !== undefined && (await isThere(path))) inputs.push(resolve(path));
  const standing = metrics.filter(({ metric }) => !metric.includes('/'));
  return {
    stage: 'evaluate',
    name: `evaluate-${fileNamePart(name)}-${fileNamePart(await inProject(adapter ?? model))}`,
    command: ['genai evaluate', ...command].join(' '),
    inputs: inputs.filter((path, index) => inputs.indexOf(path) === index),
    outputs: [resolve(out)],
    results: {
      ...Object.fromEntries(
        standing.map(({ metric, value }) => [
          metric.replaceAll('-', '_'),
          Number.isFinite(value) ? value : String(value),
        ]),
      ),
      rows: dataset.rows,
    },
  };
}
