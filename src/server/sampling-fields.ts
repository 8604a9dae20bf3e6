import { z } from 'zod';
import { LOWEST_TEMPERATURE } from '../core/generation/sampling-schema.js';
import type { GenerationRequest } from '../core/serving/generation-request.js';

/** Answers to one prompt at most; each takes a slot. */
const MOST_CHOICES = 32;

const stopText = z.string().min(1, 'must not be empty');

/** What both ways to ask for text have in common. Fields that say nothing to a model are taken and passed over. */
export const samplingFields = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  n: z.int().min(1).max(MOST_CHOICES).nullish(),
  seed: z.int().nullish(),
  stop: z.union([stopText, z.array(stopText).max(16)]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z
    .record(z.string().regex(/^\d+$/, 'must be the id of a token'), z.number().min(-100).max(100))
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().nullish() }).nullish(),
  // Not of OpenAI's interface, but of vLLM's and llama.cpp's.
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).nullish(),
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
};

/** The checked {@link samplingFields}. */
export type SamplingFields = z.output<z.ZodObject<typeof samplingFields>>;

/** What the fields ask for, apart from the prompt and what becomes of it. */
export function samplingRequest(
  fields: SamplingFields,
  randomSeed: () => number,
): Omit<GenerationRequest, 'prompt' | 'maxNewTokens' | 'likeliest' | 'scorePrompt' | 'grammar'> {
  const { n, seed, stop, logit_bias: bias, presence_penalty, frequency_penalty } = fields;
  const { top_p, top_k, min_p, repetition_penalty } = fields;
  const temperature = fields.temperature ?? 1;
  return {
    choices: n ?? 1,
    seed: seed ?? randomSeed(),
    stop: stop == null ? [] : [stop].flat(),
    logitBias: new Map(Object.entries(bias ?? {}).map(([token, value]) => [Number(token), value])),
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
