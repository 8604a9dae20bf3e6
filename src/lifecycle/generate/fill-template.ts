import { quoteName } from '../../core/checkpoints/quote-name.js';
import type { Row } from '../../core/dataset-formats/row-format.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { shotChooser } from '../../core/evaluation/shots.js';
import { didYouMean } from '../../core/near-matches.js';
import { ANSWER_COLUMN } from '../../core/prompt-engineering/prompt-rows.js';
import { readPromptFile, savedExamples } from '../../core/prompt-engineering/prompt-file.js';
import { promptTask, taskGeneration, usualMetric } from '../../core/prompt-engineering/prompt-task.js';
import type { Embed } from '../../core/prompts/shots/example-pool.js';
import { similarEmbeddings } from '../../core/prompts/shots/similar-embeddings.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { TemplatePrompt } from './encode-prompts.js';
import type { GenerateTextOptions } from './generate-text.js';

/** What makes vectors of texts; it must be closed. */
export interface TextEmbedder {
  readonly embed: Embed;
  close(): Promise<void>;
}

/** A prompt out of a file, and how it says that its answer is generated. */
export interface FilledTemplate {
  readonly prompt: TemplatePrompt;
  readonly settings: Pick<
    GenerateTextOptions,
    | 'maxNewTokens'
    | 'temperature'
    | 'topK'
    | 'topP'
    | 'minP'
    | 'repetitionPenalty'
    | 'stop'
    | 'beams'
    | 'seed'
  >;
}

/**
 * Fills a prompt template in. Its examples are chosen as the sweep chose them that found the prompt: equal rows are asked
 * in equal words.
 *
 * @param path file of the template
 * @param values of the template's variables
 * @param openEmbedder opens what makes vectors of texts; asked only where examples are chosen by them
 * @throws ToolkitError `USAGE` for values of variables that the template has not; `BAD_DATASET` for a variable without
 *   a value; what templates and their examples throw
 */
export async function fillTemplate(
  files: FileSystem,
  path: string,
  values: Readonly<Record<string, string>>,
  openEmbedder: () => Promise<TextEmbedder>,
): Promise<FilledTemplate> {
  const template = await readPromptFile(files, path);
  const { variables, shots, answer } = template.settings;
  const asked = Object.keys(variables).filter((name) => name !== answer);
  const unknown = Object.keys(values).find((name) => !asked.includes(name));
  if (unknown !== undefined) {
    throw new ToolkitError(
      `--variable ${unknown}=…: ${path} asks for no variable ${quoteName(unknown)}`,
      'USAGE',
      didYouMean(unknown, asked) ?? `It asks for: ${asked.join(', ')}.`,
    );
  }
  const row = {
    ...Object.fromEntries(
      Object.entries(values).map(([name, value]) => [variables[name]!.column ?? name, value]),
    ),
    // Whatever the answer is, it does not stand in the prompt.
    [ANSWER_COLUMN]: '',
  };
  const configuration = { prompt: 0, shots: shots?.count ?? 0, settings: {} };
  const task = await promptTask(template, configuration, {
    ...{ metrics: [usualMetric(template)], strategy: shots?.strategy ?? 'random', labelsBy: 'generation' },
  });
  const pool = await savedExamples(files, template);
  const embedder =
    configuration.shots > 0 && shots?.strategy === similarEmbeddings.id ? await openEmbedder() : undefined;
  let examples: Row[];
  try {
    const given = { pool, measured: [row], count: configuration.shots, seed: shots?.seed ?? 0 };
    examples = await shotChooser(task, { ...given, embed: embedder?.embed })(row);
  } finally {
    await embedder?.close();
  }
  const { temperature, stop, beams, ...others } = taskGeneration(template, configuration);
  return {
    prompt: { template, row, examples },
    settings: {
      ...{ temperature, stop, beams, maxNewTokens: others.max_new_tokens, seed: shots?.seed },
      ...{ topK: others.top_k, topP: others.top_p, minP: others.min_p },
      repetitionPenalty: others.repetition_penalty,
    },
  };
}
