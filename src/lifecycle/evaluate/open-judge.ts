import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { assertJudgeTemplate, type Judge } from '../../core/evaluation/judge.js';
import { readSmallText } from '../../core/project/small-text.js';
import { parsePromptTemplate } from '../../core/prompts/prompt-template.js';
import type { Provider } from '../../core/providers/provider.js';

/** Where the prompts of judges come from. */
export interface JudgePorts {
  readonly files: FileSystem;
  /** Folder of the prompts that ship with the toolkit. */
  readonly promptFolder: string;
}

/** What a judge does, and the variables that its prompt has for it. */
const JUDGEMENTS = {
  rubric: { file: 'judge-rubric.md', variables: ['rubric', 'response'] },
  pairwise: { file: 'judge-pairwise.md', variables: ['rubric', 'first', 'second'] },
} as const;

/**
 * Makes a model a judge.
 *
 * @param rubric what counts; default: what the prompt says
 * @throws ToolkitError `USAGE` for a prompt that has no room for what is judged
 */
export async function openJudge(
  provider: Provider,
  judgement: keyof typeof JUDGEMENTS,
  rubric: string | undefined,
  { files, promptFolder }: JudgePorts,
): Promise<Judge> {
  const { file, variables } = JUDGEMENTS[judgement];
  const path = join(promptFolder, file);
  const template = await parsePromptTemplate(await readSmallText(files, path), path);
  assertJudgeTemplate(template, variables);
  return { provider, template, rubric };
}

/** What counts, from a text or the name of a file that holds it. */
export async function rubricText(files: FileSystem, rubric: string | undefined): Promise<string | undefined> {
  if (rubric === undefined || rubric.includes('\n')) return rubric;
  return (await files.stat(rubric))?.kind === 'file' ? (await readSmallText(files, rubric)).trim() : rubric;
}
