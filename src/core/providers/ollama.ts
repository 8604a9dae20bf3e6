import { z } from 'zod';
import { assertBeamSearch } from './assert-beam-search.js';
import { effectiveSettings } from './effective-settings.js';
import { answerFault, postJson, type HttpService } from './http-service.js';
import type { ProviderKind } from './provider-ports.js';
import type {
  Completion,
  CompletionRequest,
  CompletionSettings,
  Embeddings,
  FinishReason,
  Provider,
} from './provider.js';
import { parseServiceAddress } from './service-address.js';

/** Where Ollama listens unless told otherwise. */
const DEFAULT_PORT = 11434;

/** Seconds after which an answer is given up; the first one waits until the model is loaded. */
const USUAL_TIMEOUT_SECONDS = 300;
/** Ollama computes a few requests at once and queues the others. */
const USUAL_CONCURRENCY = 4;

/** What a service counts for itself: a figure that cannot be one is not known, and no reason to lose the answer. */
const count = z.int().nonnegative().nullish().catch(null);
const figures = { done_reason: z.string().nullish(), prompt_eval_count: count, eval_count: count };
const chatAnswer = z.object({ message: z.object({ content: z.string() }), ...figures });
const textAnswer = z.object({ response: z.string(), ...figures });
const embedAnswer = z.object({ embeddings: z.array(z.array(z.number()).min(1)), prompt_eval_count: count });

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = { stop: 'stop', length: 'length' };

/** Settings under Ollama's names. What is left out is switched off, for the server's own defaults are others. */
function modelOptions(settings: CompletionSettings, contextLength: number | null): Record<string, unknown> {
  const { maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop, seed, beams, ...others } =
    effectiveSettings(settings);
  assertBeamSearch({ id: 'ollama' }, beams);
  // Does not compile once there is a setting that would be left out in silence.
  const nothing: Record<string, never> = others;
  return {
    ...nothing,
    num_predict: maxNewTokens,
    temperature: temperature ?? 0,
    top_k: topK ?? 0,
    top_p: topP ?? 1,
    min_p: minP ?? 0,
    repeat_penalty: repetitionPenalty ?? 1,
    stop,
    seed,
    num_ctx: contextLength ?? undefined,
  };
}

/** A model of an Ollama server. Texts are continued as they are, conversations put into the model's template. */
class OllamaProvider implements Provider {
  readonly id: string;
  readonly isWorthCaching = true;
  readonly usual = { concurrency: USUAL_CONCURRENCY, timeoutSeconds: USUAL_TIMEOUT_SECONDS };

  constructor(
    private readonly model: string,
    private readonly service: HttpService,
    readonly contextLength: number | null,
  ) {
    this.id = `ollama:${model}`;
  }

  async fingerprint(): Promise<string> {
    const room = this.contextLength === null ? '' : ` of ${this.contextLength}`;
    return `ollama:${this.model}@${this.service.address}${room}`;
  }

  async complete({ prompt, settings }: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    const began = this.service.now();
    const common = {
      options: modelOptions(settings, this.contextLength),
      stream: false,
      // A prompt that does not fit is to be an error, not cut in silence.
      truncate: false,
      shift: false,
    };
    const { text, ...answer } =
      prompt.kind === 'chat'
        ? await this.ask('/api/chat', { messages: prompt.messages, ...common }, chatAnswer, signal).then(
            ({ message, ...rest }) => ({ text: message.content, ...rest }),
          )
        : await this.ask(
            '/api/generate',
            { prompt: prompt.text, raw: true, ...common },
            textAnswer,
            signal,
          ).then(({ response, ...rest }) => ({ text: response, ...rest }));
    return {
      text,
      finishReason: FINISH_REASONS[answer.done_reason ?? ''] ?? 'unknown',
      promptTokens: answer.prompt_eval_count ?? null,
      completionTokens: answer.eval_count ?? null,
      costUsd: null,
      latencySeconds: (this.service.now() - began) / 1000,
    };
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Embeddings> {
    const answer = await this.ask('/api/embed', { input: texts, truncate: false }, embedAnswer, signal);
    if (answer.embeddings.length !== texts.length) {
      throw answerFault(this.service, `it has ${answer.embeddings.length} vectors for ${texts.length} texts`);
    }
    return {
      vectors: answer.embeddings.map((vector) => Float32Array.from(vector)),
      promptTokens: answer.prompt_eval_count ?? null,
      costUsd: null,
    };
  }

  async close(): Promise<void> {
    // Connections are kept by `fetch` and end by themselves; the server unloads its model by itself.
  }

  private ask<T extends z.ZodType>(
    path: string,
    body: Readonly<Record<string, unknown>>,
    schema: T,
    signal: AbortSignal | undefined,
  ): Promise<z.output<T>> {
    return postJson(this.service, path, { model: this.model, ...body }, schema, signal);
  }
}

/**
 * The address that `OLLAMA_HOST` means, in all forms that Ollama's own client takes: a host, a port, both, or an http(s)
 * address, whose port is then the scheme's own.
 *
 * @throws ToolkitError `USAGE`
 */
export function ollamaAddress(host: string | undefined): string {
  const text = host?.trim() ?? '';
  if (/^https?:\/\//i.test(text)) return parseServiceAddress(text, 'OLLAMA_HOST');
  const [, name = '', port = `:${DEFAULT_PORT}`] = /^(.*?)(:\d+)?\/*$/.exec(text) ?? [];
  // A server that listens everywhere is told so by the same variable.
  const reachable = ['', '0.0.0.0', '[::]'].includes(name) ? '127.0.0.1' : name;
  return parseServiceAddress(`http://${reachable}${port}`, 'OLLAMA_HOST');
}

/** Models that an Ollama server runs. */
export const ollama: ProviderKind = {
  name: 'ollama',
  form: 'ollama:MODEL',
  options: ['contextLength'],
  async open(model, { contextLength }, { environment, fetch, clock }) {
    const service: HttpService = {
      address: ollamaAddress(environment['OLLAMA_HOST']),
      fetch,
      now: () => clock.now(),
      hints: {
        reach: 'Start it with `ollama serve`, or set OLLAMA_HOST to where it runs.',
        access: 'The server wants a login that is not supported; run Ollama without a proxy in front of it.',
        missing: 'Get the model with `ollama pull`; `ollama list` shows those that are there.',
      },
    };
    return new OllamaProvider(model, service, contextLength ?? null);
  },
};
