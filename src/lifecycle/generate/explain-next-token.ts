import type { z } from 'zod';
import { explainSampling } from '../../core/generation/explain-sampling.js';
import { assertReadable } from '../../core/generation/generate.js';
import { loadLanguageModel, openModelSource } from '../../core/generation/load-language-model.js';
import type { SamplingSettings } from '../../core/generation/sampling.js';
import { parseOptions } from '../parse-options.js';
import { encodePrompts } from './encode-prompts.js';
import { generateOptionsSchema, type RunModelPorts } from './generation-options.js';

const optionsSchema = generateOptionsSchema.refine(({ prompts }) => prompts.length === 1, {
  path: ['prompts'],
  message: 'give one prompt: the token after it is explained',
});

/** Options of {@link explainNextToken}. */
export type ExplainNextTokenOptions = z.input<typeof optionsSchema>;

/** Likeliest tokens explained: of the model, and after all settings. */
const EXPLAINED_TOKENS = 10;

/** Names of the settings as results have them. */
const SETTING_NAMES = {
  repetitionPenalty: 'repetition_penalty',
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  minP: 'min_p',
} as const satisfies Record<keyof SamplingSettings, string>;

/** What the next token may be, before and after each setting. */
export interface NextTokenExplanation {
  readonly prompt_tokens: number;
  /** What each setting makes of the probabilities; the first stage, without a setting, is what the model says. */
  readonly stages: readonly {
    readonly setting: (typeof SETTING_NAMES)[keyof SamplingSettings] | null;
    readonly value: number | null;
    /** Tokens that can still be chosen. */
    readonly possible_tokens: number;
  }[];
  /** Likeliest at the end first. */
  readonly tokens: readonly {
    readonly id: number;
    readonly text: string;
    /** From 0 to 1, one for each stage. */
    readonly probabilities: readonly number[];
  }[];
  /** The token that is taken; `null` where one is drawn. */
  readonly taken: number | null;
}

/**
 * Explains how the token after a prompt is chosen, instead of choosing it.
 *
 * @throws ToolkitError as `generateText`, and `USAGE` for several prompts
 */
export async function explainNextToken(
  options: ExplainNextTokenOptions,
  ports: Omit<RunModelPorts, 'onToken'>,
): Promise<NextTokenExplanation> {
  const chosen = parseOptions(optionsSchema, options);
  const { fileSystem, signal, onProgress } = ports;
  const source = await openModelSource(fileSystem, chosen);
  const prompt = encodePrompts(source.tokenizer, chosen, ports.now())[0]!;
  assertReadable(prompt, source.model.shape);
  const engine = await ports.createEngine();
  try {
    const model = await loadLanguageModel(fileSystem, source, engine, onProgress, signal);
    const cache = await model.createCache(1, prompt.length + 1);
    const [logits] = await model.prefill(cache, [prompt], signal);
    const { tokens, stages, taken } = explainSampling(logits!, prompt, chosen, EXPLAINED_TOKENS);
    cache.dispose();
    await model.dispose();
    return {
      prompt_tokens: prompt.length,
      stages: stages.map(({ setting, value, possible }) => ({
        setting: setting === undefined ? null : SETTING_NAMES[setting],
        value: value ?? null,
        possible_tokens: possible,
      })),
      tokens: tokens.map((id, index) => ({
        id,
        text: source.tokenizer.decode([id]),
        probabilities: stages.map(({ probabilities }) => probabilities[index]!),
      })),
      taken: taken ?? null,
    };
  } finally {
    await engine.dispose();
  }
}
