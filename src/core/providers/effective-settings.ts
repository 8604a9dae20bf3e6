import { isSampling } from '../generation/sampling.js';
import type { CompletionSettings } from './provider.js';

/**
 * The settings that have a say, with what they mean where they are left out: greedy decoding knows no seed and no
 * temperature, sampling has a temperature of 1. Equal results mean equal answers.
 */
export function effectiveSettings(settings: CompletionSettings): CompletionSettings {
  const { temperature, topK, topP, minP, seed, repetitionPenalty, stop, beams, ...rest } = settings;
  return {
    ...rest,
    ...(repetitionPenalty !== undefined && repetitionPenalty !== 1 && { repetitionPenalty }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
    ...(beams !== undefined && beams > 1 && { beams }),
    ...(isSampling(settings) && { temperature: temperature ?? 1, topK, topP, minP, seed }),
  };
}
