/** Text to token ids and back, chat templates, and the training of byte-level BPE vocabularies. */
export type { ChatMessage } from './chat-message.js';
export type { RenderChatOptions } from './chat-template.js';
export { StreamingDecoder } from './streaming-decoder.js';
export { loadTokenizer, type Tokenizer } from './tokenizer.js';
export {
  SPLIT_PATTERN,
  trainBytePairEncoding,
  type BytePairEncodingOptions,
  type BytePairTokenizerJson,
} from './train-byte-pair-encoding.js';
