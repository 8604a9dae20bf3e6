import { join, resolve } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { commandWord } from '../../core/project/command-word.js';
import { BEST_PROMPT, liesIn, pathInProject, PROMPTS_FOLDER } from '../../core/project/project-folder.js';
import { promptForPlace } from '../../core/prompt-engineering/prompt-file.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import { SWEEP_FILES, type PromptEngineerResult } from './prompt-engineer.js';

/** Where a project has the best prompt that was found. */
const PROJECT_PROMPT = join(PROMPTS_FOLDER, BEST_PROMPT);

/** What was asked for. */
export interface PromptRequest {
  /** The command line after `genai adapt prompt-engineer`. */
  readonly words: readonly string[];
  readonly model: string;
  readonly adapter: string | undefined;
  readonly prompts: readonly string[];
}

/**
 * Makes the best prompt of a sweep the project's, and tells what the project keeps of the sweep. Its score is no
 * evaluation: the prompt was chosen by it.
 */
export async function promptStep(
  project: string,
  { words, model, adapter, prompts }: PromptRequest,
  { configurations, metric, dataset, examples_path, out }: PromptEngineerResult,
  files: FileSystem,
): Promise<DoneStep> {
  const best = configurations[0]!;
  const prompt = join(project, PROJECT_PROMPT);
  await files.writeAtomic(prompt, await promptForPlace(files, join(out!, SWEEP_FILES.prompt), prompt));
  const isThere = async (path: string): Promise<boolean> => (await files.stat(path)) !== undefined;
  const command: string[] = [];
  for (const word of words) {
    command.push(commandWord((await isThere(word)) ? pathInProject(project, word) : word));
  }
  const source = (await isThere(model)) ? await openModelSource(files, { model, adapter }) : undefined;
  const outputs = [resolve(out!), prompt];
  const inputs: string[] = [];
  for (const path of [source?.folder, source?.adapterFolder, ...prompts, dataset.path, examples_path]) {
    if (path == null || !(await isThere(path))) continue;
    // A prompt that was searched on from is written over by what was found.
    const place = pathInProject(project, path);
    if (!outputs.some((output) => liesIn(pathInProject(project, output), place))) inputs.push(resolve(path));
  }
  return {
    stage: 'adapt',
    name: `prompt-${fileNamePart(source === undefined ? model : pathInProject(project, adapter ?? model))}`,
    command: ['genai adapt prompt-engineer', ...command].join(' '),
    inputs: [...new Set(inputs)],
    outputs,
    results: {
      [metric.replaceAll('-', '_')]: best.value,
      ...{ rows: dataset.rows, prompt: best.prompt, shots: best.shots },
      model: source === undefined ? model : pathInProject(project, adapter ?? model),
    },
  };
}
