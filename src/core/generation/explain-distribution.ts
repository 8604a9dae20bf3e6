import { explainSampling } from './explain-sampling.js';
import type { SamplingSettings } from './sampling.js';

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

/** What a model expects after a prompt. */
interface NextToken {
  /** [vocabulary] */
  readonly logits: Float32Array;
  readonly promptTokenIds: readonly number[];
  readonly tokenText: (id: number) => string;
}

/**
 * Explains how the token after a prompt is chosen.
 *
 * @throws ToolkitError as `explainSampling`
 */
export function explainDistribution(
  { logits, promptTokenIds, tokenText }: NextToken,
  settings: SamplingSettings,
): NextTokenExplanation {
  const { tokens, stages, taken } = explainSampling(logits, promptTokenIds, settings, EXPLAINED_TOKENS);
  return {
    prompt_tokens: promptTokenIds.length,
    stages: stages.map(({ setting, value, possible }) => ({
      setting: setting === undefined ? null : SETTING_NAMES[setting],
      value: value ?? null,
      possible_tokens: possible,
    })),
    tokens: tokens.map((id, index) => ({
      id,
      text: tokenText(id),
      probabilities: stages.map(({ probabilities }) => probabilities[index]!),
    })),
    taken: taken ?? null,
  };
}
