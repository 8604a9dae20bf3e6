/** Where completions come from: local models, HTTP services, recorded outputs; many of them asked at once. */
export { CompletionCache, type CacheSection } from './completion-cache.js';
export { openProvider, PROVIDER_KINDS } from './open-provider.js';
export type {
  Completion,
  CompletionRequest,
  CompletionSettings,
  ContinuationScore,
  Embeddings,
  FinishReason,
  NextTokenDistribution,
  Prompt,
  Provider,
  ScoreRequest,
  TextLikelihood,
  TextScoreRequest,
} from './provider.js';
export { ProviderFault, type FaultNature } from './provider-fault.js';
export type { ProviderKind, ProviderOptions, ProviderPorts } from './provider-ports.js';
export type { Answer, Failure, RunOptions } from './run-calls.js';
export {
  runEmbeddings,
  runRequests,
  runScores,
  runTextScores,
  textEmbedder,
  tryRequests,
  type RequestOptions,
} from './run-requests.js';
export { costOf, totalUsage, type Prices, type Usage } from './usage.js';
