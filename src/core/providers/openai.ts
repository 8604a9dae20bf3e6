import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import { scoreEchoed } from './echoed-score.js';
import { assertBeamSearch } from './assert-beam-search.js';
import { effectiveSettings } from './effective-settings.js';
import { endNotScored } from './end-not-scored.js';
import { answerFault, hostOf, postJson, type HttpService } from './http-service.js';
import type { ProviderKind, ProviderOptions, ProviderPorts } from './provider-ports.js';
import type {
  Completion,
  CompletionRequest,
  CompletionSettings,
  ContinuationScore,
  Embeddings,
  FinishReason,
  Prompt,
  Provider,
  ScoreRequest,
} from './provider.js';
import { readKey } from './secrets.js';
import { parseServiceAddress } from './service-address.js';

const OPENAI_ADDRESS = 'https://api.openai.com/v1';
const OPENAI_HOST = 'api.openai.com';
const DEFAULT_KEY_VARIABLE = 'OPENAI_API_KEY';

/** Seconds after which an answer is given up; long answers of large models take a minute or two. */
const USUAL_TIMEOUT_SECONDS = 120;
const USUAL_CONCURRENCY = 8;

/** What a service counts for itself: a figure that cannot be one is not known, and no reason to lose the answer. */
const count = z.int().nonnegative().nullish().catch(null);
const usage = z
  .object({
    prompt_tokens: count,
    completion_tokens: count,
    /** US dollars, where a service tells them, as OpenRouter does. */
    cost: z.number().nonnegative().nullish().catch(null),
  })
  .nullish()
  .catch(null);

const chatAnswer = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage,
});

const textAnswer = z.object({
  choices: z.array(z.object({ text: z.string(), finish_reason: z.string().nullish() })).min(1),
  usage,
});

const echoAnswer = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z.object({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number().nullable()),
          top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
        }),
      }),
    )
    .min(1),
  usage,
});

const embeddingAnswer = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.array(z.number()).min(1) })),
  usage,
});

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content_filter',
};

/** The settings under the names of the interface. `top_k`, `min_p` and `repetition_penalty` are vLLM's additions. */
function settingFields(settings: CompletionSettings, limitName: string): Record<string, unknown> {
  const { maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop, seed, beams, ...others } =
    effectiveSettings(settings);
  assertBeamSearch({ id: 'openai' }, beams);
  // Does not compile once there is a setting that would be left out in silence.
  const nothing: Record<string, never> = others;
  return {
    ...nothing,
    [limitName]: maxNewTokens,
    temperature: temperature ?? 0,
    top_k: topK,
    top_p: topP,
    min_p: minP,
    repetition_penalty: repetitionPenalty,
    stop,
    seed,
  };
}

/** A model behind an HTTP interface like OpenAI's: chat for conversations, completions for texts to go on from. */
class OpenAiProvider implements Provider {
  readonly id: string;
  readonly isWorthCaching = true;
  readonly usual = { concurrency: USUAL_CONCURRENCY, timeoutSeconds: USUAL_TIMEOUT_SECONDS };

  constructor(
    private readonly model: string,
    private readonly service: HttpService,
    readonly contextLength: number | null,
  ) {
    this.id = `openai:${model}`;
  }

  async fingerprint(): Promise<string> {
    return `openai:${this.model}@${this.service.address}`;
  }

  async complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    const { prompt, settings } = request;
    const began = this.service.now();
    const answer =
      prompt.kind === 'chat'
        ? await this.chat(prompt, settings, signal)
        : await this.continueText(prompt.text, settings, signal);
    return {
      text: answer.text,
      finishReason: FINISH_REASONS[answer.reason ?? ''] ?? 'unknown',
      promptTokens: answer.usage?.prompt_tokens ?? null,
      completionTokens: answer.usage?.completion_tokens ?? null,
      costUsd: answer.usage?.cost ?? null,
      latencySeconds: (this.service.now() - began) / 1000,
    };
  }

  async scoreContinuations(request: ScoreRequest, signal?: AbortSignal): Promise<ContinuationScore[]> {
    const { prompt, continuations, withEnd = false, withGreedy = false } = request;
    if (withEnd) throw endNotScored(this.id);
    if (prompt.kind === 'chat') {
      throw new ToolkitError(
        `${this.id}: chat endpoints do not tell how likely a given answer is`,
        'UNSUPPORTED',
        'Give the prompt as a text, to be scored by the completions endpoint, or use a local model.',
      );
    }
    const scores: ContinuationScore[] = [];
    for (const continuation of continuations) {
      const score = await this.score(prompt.text, continuation, signal);
      scores.push(withGreedy ? score : { ...score, isGreedy: null });
    }
    return scores;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Embeddings> {
    const { data, usage } = await this.ask('/embeddings', { input: texts }, embeddingAnswer, signal);
    const vectors = texts.map((_, index) => data.find((entry) => entry.index === index)?.embedding);
    if (vectors.includes(undefined)) throw answerFault(this.service, 'it lacks the vectors of some texts');
    return {
      vectors: vectors.map((vector) => Float32Array.from(vector!)),
      promptTokens: usage?.prompt_tokens ?? null,
      costUsd: usage?.cost ?? null,
    };
  }

  async close(): Promise<void> {
    // Connections are kept by `fetch` and end by themselves.
  }

  private async chat(prompt: Prompt & { kind: 'chat' }, settings: CompletionSettings, signal?: AbortSignal) {
    // OpenAI's newer models refuse the old name of the limit, other servers do not know the new one.
    const limitName = hostOf(this.service) === OPENAI_HOST ? 'max_completion_tokens' : 'max_tokens';
    const body = { messages: prompt.messages, ...settingFields(settings, limitName) };
    const { choices, usage } = await this.ask('/chat/completions', body, chatAnswer, signal);
    const { message, finish_reason: reason } = choices[0]!;
    return { text: message.content ?? message.refusal ?? '', reason, usage };
  }

  private async continueText(text: string, settings: CompletionSettings, signal?: AbortSignal) {
    const body = { prompt: text, ...settingFields(settings, 'max_tokens') };
    const { choices, usage } = await this.ask('/completions', body, textAnswer, signal);
    return { text: choices[0]!.text, reason: choices[0]!.finish_reason, usage };
  }

  private async score(
    prompt: string,
    continuation: string,
    signal?: AbortSignal,
  ): Promise<ContinuationScore> {
    const text = prompt + continuation;
    // One new token, because some servers refuse to make none; it comes last and is left out.
    const body = { prompt: text, echo: true, logprobs: 1, max_tokens: 1, temperature: 0 };
    const { choices, usage } = await this.ask('/completions', body, echoAnswer, signal);
    const { tokens, token_logprobs: logProbabilities, top_logprobs: likeliest } = choices[0]!.logprobs;
    const given = tokens.length - (usage?.completion_tokens ?? 1);
    const echoed = {
      tokens: tokens.slice(0, given),
      logProbabilities: logProbabilities.slice(0, given),
      likeliest: likeliest?.slice(0, given),
    };
    const score = scoreEchoed(echoed, text, continuation);
    if (typeof score !== 'string') return score;
    throw answerFault(this.service, `asked for the likelihood of a text (echo, logprobs), ${score}`);
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

/** `MODEL@URL` in its parts. Models' names may hold an @ themselves. */
function parseSpec(rest: string): { model: string; address: string | undefined } {
  const [, model = rest, address] = /^(.+)@(https?:.*)$/i.exec(rest) ?? [];
  // Taken for a part of the name, what was meant for a server nearby would go to OpenAI.
  if (address === undefined && /.@(localhost$|[\w.-]+:\d+$|[\w.+-]+(:\d+|:\/)?\/)/.test(rest)) {
    throw new ToolkitError(
      'openai: the address after @ begins with neither http:// nor https://',
      'USAGE',
      'Write it in full, such as openai:MODEL@http://localhost:8000/v1.',
    );
  }
  return { model, address };
}

function openService(
  address: string,
  { keyVariable = DEFAULT_KEY_VARIABLE }: ProviderOptions,
  { environment, fetch, clock }: ProviderPorts,
): HttpService {
  return {
    address,
    key: readKey(environment, keyVariable),
    fetch,
    now: () => clock.now(),
    hints: {
      reach: 'Check the network, and the address after @ (or OPENAI_BASE_URL).',
      access: `Set ${keyVariable} to a key of an account that may use this model.`,
      missing: 'Check the name of the model and the address after @, which ends before /chat/completions.',
    },
  };
}

/** Any service with OpenAI's HTTP interface: OpenAI itself, vLLM, llama.cpp, LM Studio and many more. */
export const openai: ProviderKind = {
  name: 'openai',
  form: 'openai:MODEL@URL',
  options: ['keyVariable', 'contextLength'],
  async open(rest, options, ports) {
    const { model, address } = parseSpec(rest);
    const ofEnvironment = ports.environment['OPENAI_BASE_URL']?.trim() || undefined;
    const service = openService(
      address === undefined && ofEnvironment !== undefined
        ? parseServiceAddress(ofEnvironment, 'OPENAI_BASE_URL')
        : parseServiceAddress(address ?? OPENAI_ADDRESS, 'openai: what follows @'),
      options,
      ports,
    );
    if (options.keyVariable !== undefined && service.key === undefined) {
      throw new ToolkitError(
        `The environment variable ${options.keyVariable} holds no key`,
        'USAGE',
        'Set it to the key of the service, or name another variable.',
      );
    }
    return new OpenAiProvider(model, service, options.contextLength ?? null);
  },
};
