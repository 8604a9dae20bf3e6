import type { JsonObject } from '../json-file.js';
import { float32, int32, type GgufEntry } from './metadata.js';
import type { MetadataReader } from './metadata-reader.js';
import { endOfSequenceIds, specialTokenIds } from './tokenizer/read-tokenizer.js';

/** Settings of `generation_config.json` and the keys that llama.cpp reads them from. */
const SAMPLING_KEYS = [
  ['top_k', 'general.sampling.top_k', int32],
  ['top_p', 'general.sampling.top_p', float32],
  ['min_p', 'general.sampling.min_p', float32],
  ['temperature', 'general.sampling.temp', float32],
  ['repetition_penalty', 'general.sampling.penalty_repeat', float32],
] as const;

/** How a model is sampled, for those programs that ask its file. */
export function samplingEntries(generationConfig: JsonObject = {}): (readonly [string, GgufEntry])[] {
  return SAMPLING_KEYS.flatMap(([name, key, entry]) => {
    const value = generationConfig[name];
    return typeof value === 'number' ? [[key, entry(value)] as const] : [];
  });
}

/** The `generation_config.json` of a file. */
export function readGenerationConfig(metadata: MetadataReader): JsonObject {
  const settings = SAMPLING_KEYS.flatMap(([name, key]) => {
    const value = metadata.number(key);
    return value === undefined ? [] : [[name, value] as const];
  });
  const ends = endOfSequenceIds(metadata);
  return {
    ...specialTokenIds(metadata),
    ...(ends.length > 0 ? { eos_token_id: ends.length === 1 ? ends[0] : ends } : {}),
    ...Object.fromEntries(settings),
  };
}
