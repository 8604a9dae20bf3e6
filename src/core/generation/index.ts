/** Text from models: prompts, sampling, a key/value cache, streamed answers, conversations. */
export { beamSearch, type BeamCompletion, type BeamSettings } from './beam-search.js';
export { ChatSession, type ChatSettings } from './chat-session.js';
export { embedTexts, type EmbedPorts } from './embed-texts.js';
export { explainSampling, type SamplingExplanation, type SamplingStage } from './explain-sampling.js';
export {
  generate,
  type Completion,
  type FinishReason,
  type GenerationPorts,
  type GenerationSettings,
  type GenerationTokenizer,
  type TokenEvent,
} from './generate.js';
export { KeyValueCache } from './key-value-cache.js';
export { LanguageModel, type LoadedAdapter } from './language-model.js';
export { loadAdapter } from './load-adapter.js';
export {
  loadLanguageModel,
  openModelSource,
  type ModelLocation,
  type ModelSource,
} from './load-language-model.js';
export { encodeChat, encodeText } from './prompts.js';
export { chooseToken, processLogits, type SamplingSettings } from './sampling.js';
