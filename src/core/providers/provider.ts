import type { FinishReason as GenerationFinishReason, GenerationSettings } from '../generation/generate.js';
import type { ChatMessage } from '../tokenizers/chat-message.js';

/** What a model is given: a text to go on from, or a conversation to answer. */
export type Prompt =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] };

/** How an answer is made; how many prompts are computed at once is the provider's own affair. */
export type CompletionSettings = Omit<GenerationSettings, 'batchSize'> & {
  /** Above 1: this many texts are followed at once, and the likeliest as a whole is taken; no sampling goes with it. */
  readonly beams?: number | undefined;
};

/** One answer that is wanted. */
export interface CompletionRequest {
  /** The row's name, for messages and to find recorded outputs; no model sees it. */
  readonly id?: string | undefined;
  readonly prompt: Prompt;
  /** Which of several answers to the prompt, from 0 on; no model sees it, recorded outputs are told apart by it. */
  readonly attempt?: number | undefined;
  readonly settings: CompletionSettings;
}

/**
 * Why an answer ends, as {@link GenerationFinishReason}, besides: the service withheld the rest (`content_filter`), or
 * nobody said (`unknown`). Services that do not tell a stop string from the model's own end say `stop` for both.
 */
export type FinishReason = Exclude<GenerationFinishReason, 'interrupted'> | 'content_filter' | 'unknown';

/** One answer. What a provider does not tell is `null`. */
export interface Completion {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** What the service says that the answer costs. */
  readonly costUsd: number | null;
  /** From the request that was answered to its answer; earlier attempts do not count. */
  readonly latencySeconds: number | null;
  /** Of recorded outputs: whether the answer passed its tests, where they were run. */
  readonly passed?: boolean | undefined;
}

/** Continuations of one prompt whose likelihood is wanted. */
export interface ScoreRequest {
  readonly id?: string | undefined;
  readonly prompt: Prompt;
  /** At least one; each of at least one token. */
  readonly continuations: readonly string[];
  /** Whether the end of the text after each continuation is scored with it, as a row's end is learnt. */
  readonly withEnd?: boolean | undefined;
  /** Whether to find out too which continuations greedy decoding would give; it may cost time. */
  readonly withGreedy?: boolean | undefined;
}

/** How likely a model finds one continuation of a prompt. */
export interface ContinuationScore {
  /** Natural logarithm of the continuation's probability. */
  readonly logLikelihood: number;
  /** `null` where the provider does not tell. */
  readonly tokens: number | null;
  /** Of the continuation in UTF-8. */
  readonly bytes: number;
  /** Whether greedy decoding would give the continuation; `null` where it was not asked for or is not known. */
  readonly isGreedy: boolean | null;
}

/** A text whose likelihood as a whole is wanted. */
export interface TextScoreRequest {
  readonly id?: string | undefined;
  readonly text: string;
  /**
   * Tokens from the start of one window over the text to the start of the next, where the text is longer than the
   * context; default: half the context.
   */
  readonly stride?: number | undefined;
}

/** How likely a model finds a whole text. */
export interface TextLikelihood {
  /** Natural logarithm of the probability of all its tokens but the first, which nothing precedes. */
  readonly logLikelihood: number;
  /** Tokens that this is the likelihood of. */
  readonly tokens: number;
}

/** What a model expects after a prompt, before any setting changes it. */
export interface NextTokenDistribution {
  /** [vocabulary] */
  readonly logits: Float32Array;
  readonly promptTokenIds: readonly number[];
  readonly tokenText: (id: number) => string;
}

/** Texts as vectors, in order. */
export interface Embeddings {
  readonly vectors: readonly Float32Array[];
  readonly promptTokens: number | null;
  readonly costUsd: number | null;
}

/**
 * Where completions come from. What not every kind can do is optional.
 *
 * All methods fail with `ToolkitError`; one that may pass, such as a service that is too busy, with `ProviderFault`.
 * Once the signal fires they reject with its reason.
 */
export interface Provider {
  /** Kind and model, for results, such as `openai:gpt-4o-mini`. */
  readonly id: string;
  /** Positions that prompt and answer together can have, where that is known. */
  readonly contextLength: number | null;
  /** Whether answers are worth keeping: no for those that come out of a file anyway. */
  readonly isWorthCaching: boolean;
  /** Whether it can follow several beams; callers do not ask others for them. */
  readonly hasBeamSearch?: boolean;
  /** What suits the kind where the caller has no wish; no limit of time is `null`. */
  readonly usual: { readonly concurrency: number; readonly timeoutSeconds: number | null };
  /** Equal only where equal requests mean equal models: hashes of files, or address and model. Holds no secret. */
  fingerprint(signal?: AbortSignal): Promise<string>;
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion>;
  countTokens?(prompt: Prompt): number;
  /** One score for each continuation, in order. */
  scoreContinuations?(request: ScoreRequest, signal?: AbortSignal): Promise<ContinuationScore[]>;
  scoreText?(request: TextScoreRequest, signal?: AbortSignal): Promise<TextLikelihood>;
  nextTokenDistribution?(prompt: Prompt, signal?: AbortSignal): Promise<NextTokenDistribution>;
  embed?(texts: readonly string[], signal?: AbortSignal): Promise<Embeddings>;
  close(): Promise<void>;
}
