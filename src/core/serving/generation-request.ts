import type { Grammar } from '../generation/json-automaton.js';
import type { SamplingSettings } from '../generation/sampling.js';

/** What a client wants to be generated. */
export interface GenerationRequest {
  /** Token ids, special tokens included. */
  readonly prompt: readonly number[];
  /** Answers to make. */
  readonly choices: number;
  /** Most tokens of an answer; `undefined` for as many as the context has room for. */
  readonly maxNewTokens: number | undefined;
  readonly sampling: SamplingSettings;
  /** Equal seeds draw equal answers; every choice has a sequence of its own. */
  readonly seed: number;
  /** Texts that end an answer and are no part of it. */
  readonly stop: readonly string[];
  /** Added to the logits of these tokens. */
  readonly logitBias: ReadonlyMap<number, number>;
  /** Taken once from the logits of every token that the answer has. */
  readonly presencePenalty: number;
  /** Taken from a token's logit as often as the answer has it. */
  readonly frequencyPenalty: number;
  /** How many of the likeliest tokens are told beside each one's probability; `undefined` for no probabilities. */
  readonly likeliest: number | undefined;
  /** Whether the tokens of the prompt are scored too, which reads it token by token. */
  readonly scorePrompt: boolean;
  /** What the answer's text must be, if it is to be JSON. */
  readonly grammar: Grammar | undefined;
}

/** A token and the natural logarithm of its probability. */
export interface LikelyToken {
  readonly token: number;
  readonly logProbability: number;
}

/** A token of an answer, or of a scored prompt, with what the model held likely in its place. */
export interface TokenScore extends LikelyToken {
  /** The likeliest tokens in that place, the likeliest first. */
  readonly likeliest: readonly LikelyToken[];
}

/** Why an answer ends: an end token, a stop string or finished JSON; or the limit on its length. */
export type AnswerEnd = 'stop' | 'length';

/** One more token of an answer. */
export interface AnswerEvent {
  /** Which of the request's answers, counted from 0. */
  readonly choice: number;
  /** What can be shown by now, perhaps nothing. */
  readonly text: string;
  /** The token, if probabilities were asked for. */
  readonly score: TokenScore | undefined;
  /** Set on an answer's first event if the prompt was to be scored: all its tokens but the first. */
  readonly promptScores: readonly TokenScore[] | undefined;
  /** Set on the last event of an answer. */
  readonly end: AnswerEnd | undefined;
}
