import type { RequestFacts } from './request-facts.js';

/** Tokens of a request, in OpenAI's form. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** The tokens counted so far. */
export function usageOf({ promptTokens, completionTokens }: RequestFacts): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
