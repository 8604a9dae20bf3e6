import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import { isSampling } from '../generation/sampling.js';
import { effectiveSettings } from './effective-settings.js';
import type {
  Completion,
  CompletionRequest,
  ContinuationScore,
  Provider,
  ScoreRequest,
  TextLikelihood,
  TextScoreRequest,
} from './provider.js';
import {
  runCalls,
  tryCalls,
  type Answer,
  type CallKind,
  type Failure,
  type RunOptions,
} from './run-calls.js';
import { costOf, type Prices } from './usage.js';

/** How completions are run. */
export interface RequestOptions extends RunOptions {
  /** For answers whose cost the service does not tell; also of cached ones, whatever the prices were then. */
  readonly prices?: Prices | undefined;
}

const count = z.int().nonnegative().nullable();

const completing: CallKind<CompletionRequest, Completion> = {
  name: 'complete',
  essence: ({ prompt, settings }) => ({ prompt, settings: effectiveSettings(settings) }),
  isDrawn: ({ settings }) => isSampling(settings),
  schema: z.object({
    text: z.string(),
    finishReason: z.enum(['stop', 'length', 'stop_string', 'content_filter', 'unknown']),
    promptTokens: count,
    completionTokens: count,
    costUsd: z.number().nonnegative().nullable(),
    latencySeconds: z.number().nonnegative().nullable(),
  }),
  call: (provider, request, signal) => provider.complete(request, signal),
};

const scoring: CallKind<ScoreRequest, ContinuationScore[]> = {
  name: 'score',
  essence: ({ prompt, continuations, withEnd = false, withGreedy = false }) => ({
    ...{ prompt, continuations, withGreedy },
    ...(withEnd && { withEnd }),
  }),
  isDrawn: () => false,
  schema: z.array(
    z.object({
      logLikelihood: z.number(),
      tokens: count,
      bytes: z.int().nonnegative(),
      isGreedy: z.boolean().nullable(),
    }),
  ),
  call: (provider, request, signal) =>
    need(provider, provider.scoreContinuations?.(request, signal), 'tell how likely a given text is'),
};

const scoringText: CallKind<TextScoreRequest, TextLikelihood> = {
  name: 'score texts',
  essence: ({ text, stride }) => ({ text, stride }),
  isDrawn: () => false,
  schema: z.object({ logLikelihood: z.number(), tokens: z.int().nonnegative() }),
  call: (provider, request, signal) =>
    need(provider, provider.scoreText?.(request, signal), 'tell how likely a whole text is'),
};

const embedding: CallKind<string, number[]> = {
  name: 'embed',
  essence: (text) => text,
  isDrawn: () => false,
  schema: z.array(z.number()).min(1),
  async call(provider, text, signal) {
    const { vectors } = await need(provider, provider.embed?.([text], signal), 'turn texts into vectors');
    return Array.from(vectors[0]!);
  },
};

function need<T>(provider: Provider, promise: Promise<T> | undefined, what: string): Promise<T> {
  if (promise !== undefined) return promise;
  throw new ToolkitError(`${provider.id} cannot ${what}`, 'UNSUPPORTED', 'Choose another provider for this.');
}

/**
 * Asks for many completions; see {@link runCalls}.
 *
 * @returns one answer for each request, in order
 */
export async function runRequests(
  provider: Provider,
  requests: readonly CompletionRequest[],
  options: RequestOptions,
): Promise<Answer<Completion>[]> {
  const answers = await runCalls(completing, provider, requests, options);
  return answers.map((answer) => priced(answer, options.prices));
}

/** As {@link runRequests}, with failures in the places of requests that come to nothing; see {@link tryCalls}. */
export async function tryRequests(
  provider: Provider,
  requests: readonly CompletionRequest[],
  options: RequestOptions,
): Promise<(Answer<Completion> | Failure)[]> {
  const outcomes = await tryCalls(completing, provider, requests, options);
  return outcomes.map((outcome) => ('error' in outcome ? outcome : priced(outcome, options.prices)));
}

/** Asks for the likelihoods of many continuations; see {@link runCalls}. */
export function runScores(
  provider: Provider,
  requests: readonly ScoreRequest[],
  options: RunOptions,
): Promise<Answer<ContinuationScore[]>[]> {
  return runCalls(scoring, provider, requests, options);
}

/** Asks for the likelihoods of many whole texts; see {@link runCalls}. */
export function runTextScores(
  provider: Provider,
  requests: readonly TextScoreRequest[],
  options: RunOptions,
): Promise<Answer<TextLikelihood>[]> {
  return runCalls(scoringText, provider, requests, options);
}

/** Turns many texts into vectors, one text a call; see {@link runCalls}. */
export async function runEmbeddings(
  provider: Provider,
  texts: readonly string[],
  options: RunOptions,
): Promise<Answer<Float32Array>[]> {
  const answers = await runCalls(embedding, provider, texts, options);
  return answers.map(({ result, isFromCache }) => ({ result: Float32Array.from(result), isFromCache }));
}

/**
 * A provider as what makes vectors of texts, such as those that similar examples are chosen by: in the cache first, and
 * patiently, as {@link runEmbeddings}.
 */
export function textEmbedder(
  provider: Provider,
  options: RunOptions,
): (texts: readonly string[]) => Promise<Float32Array[]> {
  return async (texts) => (await runEmbeddings(provider, texts, options)).map(({ result }) => result);
}

function priced(answer: Answer<Completion>, prices: Prices | undefined): Answer<Completion> {
  return { ...answer, result: { ...answer.result, costUsd: costOf(answer.result, prices) } };
}
