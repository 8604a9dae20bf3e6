import type { CompletionRequest, Provider, ScoreRequest } from '../../../src/core/providers/provider.js';

/** The text of a prompt; of a conversation its messages as JSON. */
export function promptText({ prompt }: Pick<CompletionRequest, 'prompt'>): string {
  return prompt.kind === 'text' ? prompt.text : JSON.stringify(prompt.messages);
}

/** A provider that answers by functions, and keeps what it was asked. */
export function fakeProvider(
  answers: {
    readonly complete?: (prompt: string) => string;
    readonly score?: (prompt: string, continuation: string) => number;
    readonly scoreText?: (text: string) => { readonly logLikelihood: number; readonly tokens: number };
    readonly contextLength?: number;
  },
  asked: string[] = [],
): Provider {
  const { complete, score, scoreText, contextLength = null } = answers;
  return {
    id: 'fake:model',
    contextLength,
    isWorthCaching: true,
    usual: { concurrency: 1, timeoutSeconds: null },
    fingerprint: async () => 'fake',
    // A word is a token.
    countTokens: (prompt) => promptText({ prompt }).split(/\s+/).length,
    async complete(request) {
      asked.push(promptText(request));
      return {
        text: complete!(promptText(request)),
        finishReason: 'stop',
        ...{ promptTokens: 10, completionTokens: 2, costUsd: 0.5, latencySeconds: 0 },
      };
    },
    async scoreContinuations(request: ScoreRequest) {
      asked.push(promptText(request));
      return request.continuations.map((continuation) => ({
        logLikelihood: score!(promptText(request), continuation),
        ...{ tokens: 1, bytes: Buffer.byteLength(continuation), isGreedy: null },
      }));
    },
    async scoreText({ text }) {
      asked.push(text);
      return scoreText!(text);
    },
    close: async () => undefined,
  };
}
