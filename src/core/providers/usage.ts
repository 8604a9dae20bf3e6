import type { Completion } from './provider.js';

/** What a service charges, in US dollars for a million tokens. */
export interface Prices {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
}

const MILLION = 1e6;

/** What the service says that an answer costs, or its tokens times the prices; `null` where neither is known. */
export function costOf(
  { costUsd, promptTokens, completionTokens }: Completion,
  prices: Prices | undefined,
): number | null {
  if (costUsd !== null) return costUsd;
  if (prices === undefined || promptTokens === null || completionTokens === null) return null;
  const { inputUsdPerMillion, outputUsdPerMillion } = prices;
  return (promptTokens * inputUsdPerMillion + completionTokens * outputUsdPerMillion) / MILLION;
}

/** Sums over answers. A sum is `null` where one of them does not tell its part. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** What all answers cost when they were made. */
  readonly costUsd: number | null;
}

export function totalUsage(completions: readonly Completion[]): Usage {
  const total = (part: 'promptTokens' | 'completionTokens' | 'costUsd'): number | null =>
    completions.reduce<number | null>(
      (sum, { [part]: value }) => (sum === null || value === null ? null : sum + value),
      0,
    );
  return {
    promptTokens: total('promptTokens'),
    completionTokens: total('completionTokens'),
    costUsd: total('costUsd'),
  };
}
