import { z } from 'zod';
import { LOWEST_TEMPERATURE } from '../core/generation/sampling-schema.js';
import type { GenerationRequest } from '../core/serving/generation-request.js';
import { ApiError } from './api-error.js';
import { boundedList, boundedRecord } from './bounded.js';

/** Answers to one prompt at most; each takes a slot. */
const MOST_CHOICES = 32;

/** Texts that end an answer, and the characters of each: it is compared with what comes, token by token. */
const MOST_STOPS = 16;
const LONGEST_STOP = 1000;

const MOST_BIASES = 2048;

/** Beyond these the scores overflow, and tokens are drawn that no model would write. */
const [LOWEST_PENALTY, HIGHEST_PENALTY] = [0.01, 100];

/** Notes that clients keep with a request, as in OpenAI's interface. */
const MOST_NOTES = 16;

const stopText = z.string().min(1, 'must not be empty').max(LONGEST_STOP);
const tokenId = z.string().regex(/^\d+$/, 'must be the id of a token');

/** What both ways to ask for text have in common. Fields that say nothing to a model are taken and passed over. */
export const samplingFields = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  n: z.int().min(1).max(MOST_CHOICES).nullish(),
  seed: z.int().nullish(),
  stop: z
    .union([stopText, boundedList(stopText, 0, MOST_STOPS)], {
      error: `must be a text of 1 to ${LONGEST_STOP} characters, or ${MOST_STOPS} of them at most`,
    })
    .nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: boundedRecord(tokenId, z.number().min(-100).max(100), MOST_BIASES).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().nullish() }).nullish(),
  // Not of OpenAI's interface, but of vLLM's and llama.cpp's.
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().min(LOWEST_PENALTY).max(HIGHEST_PENALTY).nullish(),
  user: z.string().nullish(),
  metadata: boundedRecord(z.string(), z.string(), MOST_NOTES).nullish(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
};

/** The checked {@link samplingFields}. */
export type SamplingFields = z.output<z.ZodObject<typeof samplingFields>>;

/** @throws ApiError 400 for ids that the model has no token for */
function biasesOf(bias: SamplingFields['logit_bias'], vocabulary: number): ReadonlyMap<number, number> {
  const biases = new Map(Object.entries(bias ?? {}).map(([token, value]) => [Number(token), value]));
  const unknown = [...biases.keys()].find((token) => token >= vocabulary);
  if (unknown === undefined) return biases;
  throw new ApiError(400, `There is no token ${unknown}; the model has ${vocabulary}.`, {
    param: 'logit_bias',
  });
}

/**
 * What the fields ask for, apart from the prompt and what becomes of it.
 *
 * @throws ApiError 400 for biases of tokens that are none of the model's
 */
export function samplingRequest(
  fields: SamplingFields,
  vocabulary: number,
  randomSeed: () => number,
): Omit<GenerationRequest, 'prompt' | 'maxNewTokens' | 'likeliest' | 'scorePrompt' | 'grammar'> {
  const { n, seed, stop, logit_bias: bias, presence_penalty, frequency_penalty } = fields;
  const { top_p, top_k, min_p, repetition_penalty } = fields;
  const temperature = fields.temperature ?? 1;
  return {
    choices: n ?? 1,
    seed: seed ?? randomSeed(),
    stop: stop == null ? [] : [stop].flat(),
    logitBias: biasesOf(bias, vocabulary),
    presencePenalty: presence_penalty ?? 0,
    frequencyPenalty: frequency_penalty ?? 0,
    sampling: {
      // Clients that send a tiny number mean the likeliest token.
      temperature: temperature < LOWEST_TEMPERATURE ? 0 : temperature,
      topP: top_p ?? undefined,
      topK: top_k != null && top_k > 0 ? top_k : undefined,
      minP: min_p ?? undefined,
      repetitionPenalty: repetition_penalty ?? undefined,
    },
  };
}
