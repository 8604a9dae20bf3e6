import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { PromptTemplate } from './prompt-template.js';
import { renderPrompt, type PromptContent, type RenderedPrompt } from './render-prompt.js';

/** Counts the tokens of a prompt as the model reads it, chat template and special tokens included. */
export type CountTokens = (prompt: RenderedPrompt) => number | Promise<number>;

/** A prompt and the room that there is for it. */
export interface FitPromptOptions extends PromptContent {
  readonly template: PromptTemplate;
  readonly countTokens: CountTokens;
  /** Tokens of the model's context window, prompt and answer together. */
  readonly contextLength: number;
  /** Tokens kept free for the answer. */
  readonly maxNewTokens: number;
}

/** A prompt that fits, exactly as it is sent. */
export interface FittedPrompt {
  readonly prompt: RenderedPrompt;
  /** Tokens of the prompt. */
  readonly tokens: number;
  readonly contextLength: number;
  /** Share of the context window that the prompt takes, from 0 to 1. */
  readonly windowShare: number;
  /** Examples that stand in it. */
  readonly examples: readonly Row[];
  /** Examples that had no room: the last ones given. */
  readonly dropped: readonly Row[];
}

/**
 * Makes a prompt fit the context window: as many examples as there is room for, from the first on. Nothing else is ever
 * cut: an instruction or a row that does not fit is an error.
 *
 * @throws ToolkitError `CONTEXT_OVERFLOW` when the prompt does not fit without any example
 */
export async function fitPrompt(options: FitPromptOptions): Promise<FittedPrompt> {
  const { template, row, examples = [], countTokens, contextLength, maxNewTokens } = options;
  const room = contextLength - maxNewTokens;
  const attempt = async (count: number): Promise<{ prompt: RenderedPrompt; tokens: number }> => {
    const prompt = renderPrompt(template, { row, examples: examples.slice(0, count) });
    return { prompt, tokens: await countTokens(prompt) };
  };
  const fitted = ({ prompt, tokens }: Awaited<ReturnType<typeof attempt>>, count: number): FittedPrompt => ({
    ...{ prompt, tokens, contextLength },
    windowShare: tokens / contextLength,
    examples: examples.slice(0, count),
    dropped: examples.slice(count),
  });

  const whole = await attempt(examples.length);
  if (whole.tokens <= room) return fitted(whole, examples.length);
  let best = examples.length === 0 ? whole : await attempt(0);
  if (best.tokens > room) throw overflow(options, best.tokens);
  // More examples take more tokens: the most that fit are found by halving.
  let [fits, tooMany] = [0, examples.length];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    const tried = await attempt(middle);
    if (tried.tokens <= room) [fits, best] = [middle, tried];
    else tooMany = middle;
  }
  return fitted(best, fits);
}

function overflow(
  { template, row, contextLength, maxNewTokens }: FitPromptOptions,
  tokens: number,
): ToolkitError {
  const lengths = template.rowVariables.map((name) => {
    const value = row[template.settings.variables[name]?.column ?? name];
    return { name, characters: typeof value === 'string' ? value.length : 0 };
  });
  const [longest] = lengths.sort((a, b) => b.characters - a.characters);
  const field =
    longest === undefined || longest.characters === 0
      ? ''
      : `; its longest field, ${longest.name}, has ${longest.characters} characters`;
  return new ToolkitError(
    `${template.where}: the prompt has ${tokens} tokens without any example, and the context window of ${contextLength} ` +
      `leaves ${Math.max(0, contextLength - maxNewTokens)} beside ${maxNewTokens} for the answer${field}`,
    'CONTEXT_OVERFLOW',
    'Shorten the instruction or the row, ask for a shorter answer, or use a model with a longer context window.',
  );
}
