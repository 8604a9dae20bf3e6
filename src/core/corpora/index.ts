export { corpusSize, LARGEST_16_BIT_VOCABULARY, type CorpusPlan, type CorpusSize } from './corpus-size.js';
export {
  PUBLISHED_LANGUAGES,
  PUBLISHED_TOKENIZERS,
  publishedTextLengths,
  RULE_BYTES_PER_TOKEN,
  RULE_SOURCE,
  RULE_WORDS_PER_TOKEN,
  type PublishedTextLengths,
  type PublishedTokenizer,
} from './text-lengths.js';
export {
  addMeasurements,
  measureText,
  type TextEncoderToTokens,
  type TextMeasurement,
} from './text-measurement.js';
