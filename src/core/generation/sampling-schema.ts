import { z } from 'zod';

/** Below this, float32 scores overflow before the softmax; 0 means greedy. */
export const LOWEST_TEMPERATURE = 1e-3;

/** Settings of sampling as users may write them, wherever they do. */
export const samplingSchema = {
  temperature: z
    .number()
    .refine(
      (value) => value === 0 || value >= LOWEST_TEMPERATURE,
      `must be 0 or at least ${LOWEST_TEMPERATURE}`,
    ),
  topK: z.int('must be a whole number').positive('must be above 0'),
  topP: z.number().refine((value) => value > 0 && value <= 1, 'must be above 0 and at most 1'),
  minP: z.number().refine((value) => value >= 0 && value <= 1, 'must be from 0 to 1'),
  repetitionPenalty: z.number().positive('must be above 0'),
};
