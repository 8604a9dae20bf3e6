import { join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { Fingerprint } from './fingerprint.js';
import { pathInProject } from './project-folder.js';
import type { Figures, ProjectStep } from './project-step.js';
import { readSmallText } from './small-text.js';

/** Of `run.json` and `result.json`, what tells how a project stands; a run checks the rest when it goes on. */
const runSchema = z.object({
  stage: z.enum(['fine-tune', 'pre-train']),
  options: z.looseObject({ out: z.string(), model: z.string().optional(), method: z.string().optional() }),
  inputs: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })).max(1000),
});
const resultSchema = z.object({
  steps: z.number(),
  train_loss: z.number(),
  eval_loss: z.number().nullable(),
  perplexity: z.number().nullable(),
  output_dir: z.string(),
});

/** A run folder as a step of a project, its inputs still to be compared. */
export interface RunStep {
  readonly step: Omit<ProjectStep, 'inputs'>;
  readonly inputs: readonly Fingerprint[];
  readonly perplexity: number | null;
}

async function parseFile<T extends z.ZodType>(
  files: FileSystem,
  path: string,
  schema: T,
): Promise<z.output<T>> {
  const text = await readSmallText(files, path);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ToolkitError(`${path}: is not what a run writes`, 'BAD_CHECKPOINT', 'Start a new run.', cause);
  }
}

/**
 * Reads what a run folder tells of itself. Paths in it are those of the machine and place it was run in: what lay in
 * the project then is looked for in the project now.
 *
 * @param name the folder, from the project's
 * @returns `undefined` for a folder that holds no run
 * @throws ToolkitError `BAD_CHECKPOINT` for one that is damaged
 */
export async function readRunStep(
  files: FileSystem,
  project: string,
  name: string,
): Promise<RunStep | undefined> {
  const folder = join(project, name);
  if ((await files.stat(join(folder, 'run.json'))) === undefined) return undefined;
  const { stage, options, inputs } = await parseFile(files, join(folder, 'run.json'), runSchema);
  const here = relocation(options.out, name, project);
  const model = options.model === undefined ? undefined : here(options.model);
  const resultPath = join(folder, 'result.json');
  const finished = await files.stat(resultPath);
  const common = {
    ...{ stage: 'adapt' as const, name, ...(model !== undefined && { model }) },
    command: `genai adapt ${stage} --resume ${name}`,
  };
  const prints = inputs.map((input) => ({ ...input, path: here(input.path) }));
  if (finished === undefined) {
    const when = (await files.stat(join(folder, 'run.json')))?.modified ?? null;
    const step = { ...common, state: 'unfinished' as const, problem: 'it was not finished', when };
    return { step: { ...step, results: {}, outputs: [] }, inputs: prints, perplexity: null };
  }
  const result = await parseFile(files, resultPath, resultSchema);
  const results: Figures = {
    kind: stage === 'pre-train' ? 'pre-training' : `fine-tuning (${options.method ?? 'all weights'})`,
    ...(model !== undefined && { model }),
    steps: result.steps,
    train_loss: result.train_loss,
    ...(result.eval_loss !== null && { eval_loss: result.eval_loss, perplexity: result.perplexity }),
  };
  return {
    step: {
      ...common,
      state: 'done',
      when: finished.modified,
      results,
      outputs: [here(result.output_dir)],
      command: null,
    },
    inputs: prints,
    perplexity: result.perplexity,
  };
}

/** Maps paths of the place that a run was made in to where they are now. */
function relocation(out: string, name: string, project: string): (path: string) => string {
  const suffix = `/${name}`;
  const before = out.split(sep).join('/').endsWith(suffix) ? out.slice(0, -suffix.length) : project;
  return (path) => {
    const inside = relative(before, path);
    const wasInside = !inside.startsWith('..') && inside !== path;
    return pathInProject(project, wasInside ? resolve(project, inside) : path);
  };
}
