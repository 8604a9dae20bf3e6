import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AnswerEnd, AnswerEvent, GenerationRequest } from '../../core/serving/generation-request.js';
import { encodeWithin } from '../../core/serving/encode-within.js';
import type { ServedModel } from '../../core/serving/served-model.js';
import type { ChatMessage } from '../../core/tokenizers/chat-message.js';
import { answerEvents, observed } from '../answer-events.js';
import { apiErrorFrom } from '../api-error.js';
import { boundedList } from '../bounded.js';
import { sendEvents } from '../event-stream.js';
import { readBody } from '../read-body.js';
import { faultOf } from '../request-log.js';
import { grammarOf, responseFormat } from '../response-format.js';
import { samplingFields, samplingRequest } from '../sampling-fields.js';
import type { ServerContext } from '../server-context.js';
import { nameToken } from '../token-names.js';
import { usageOf } from '../usage.js';
import { withModel } from '../with-model.js';

const textPart = z.object({ type: z.literal('text'), text: z.string() });

/** Messages of a conversation, and parts of a message, at most; as many as OpenAI's interface takes. */
const MOST_MESSAGES = 2048;

const noToolCalls = 'calls of tools cannot be told to this model';

/** What answers of the interface have besides, empty, is passed over: clients send them back as they came. */
const message = z.object({
  role: z.string(),
  content: z.union([z.string(), boundedList(textPart, 0, MOST_MESSAGES)], {
    error: 'must be a text, or a list of parts {"type": "text", "text": …}',
  }),
  name: z.string().nullish(),
  tool_calls: z.array(z.unknown()).max(0, noToolCalls).nullish(),
  function_call: z.null(noToolCalls).optional(),
});

/** Likeliest tokens told beside each at most, as in OpenAI's interface. */
const MOST_LIKELIEST = 20;

const chatBody = z
  .strictObject({
    ...samplingFields,
    messages: boundedList(message, 1, MOST_MESSAGES),
    max_tokens: z.int().min(1).nullish(),
    max_completion_tokens: z.int().min(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(MOST_LIKELIEST).nullish(),
    response_format: responseFormat.nullish(),
  })
  .refine(({ logprobs, top_logprobs: top }) => top == null || logprobs === true, {
    path: ['top_logprobs'],
    message: 'needs logprobs: true',
  });

type ChatBody = z.output<typeof chatBody>;

/** Messages as chat templates read them. */
function messagesOf({ messages }: ChatBody): ChatMessage[] {
  return messages.map(({ role, content }) => ({
    // OpenAI's newer name, which templates do not know.
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
  }));
}

/** Log-probabilities of an event's token; end tokens are no part of an answer. */
function logprobsOf(model: ServedModel, { score, end }: AnswerEvent): object[] {
  if (score === undefined) return [];
  const { likeliest, ...token } = score;
  const named = nameToken(model, token);
  if (named.bytes === null && end === 'stop') return [];
  return [{ ...named, top_logprobs: likeliest.map((likely) => nameToken(model, likely)) }];
}

/** An answer as it comes together. */
interface Gathered {
  content: string;
  logprobs: object[];
  end: AnswerEnd | null;
}

/** `POST /v1/chat/completions`: answers to a conversation, whole or as they are made. */
export function chatCompletionsRoute(server: FastifyInstance, context: ServerContext): void {
  const { ports, settings } = context;
  server.post('/v1/chat/completions', async (request, reply) => {
    const body = readBody(chatBody, request.body);
    const { facts } = request;
    return withModel(context, request, reply, body.model, async (model, signal) => {
      const text = model.tokenizer.renderChat(messagesOf(body), {
        addGenerationPrompt: true,
        now: new Date(ports.now()),
      });
      const prompt = encodeWithin(text, model.contextLength, (part) =>
        model.tokenizer.encode(part, { addSpecialTokens: false }),
      );
      facts.promptTokens = prompt.length;
      if (settings.logPrompts) facts.prompts = [text];
      const hasLogprobs = body.logprobs === true;
      const grammar = grammarOf(body.response_format);
      if (grammar !== undefined) await model.scheduler.prepareGrammars();
      const generation: GenerationRequest = {
        ...samplingRequest(body, model.vocabulary, () => ports.randomSeed()),
        prompt,
        maxNewTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
        likeliest: hasLogprobs ? (body.top_logprobs ?? 0) : undefined,
        scorePrompt: false,
        grammar,
      };
      const secondsSoFar = (): number => (ports.now() - request.began) / 1000;
      const events = observed(answerEvents(model, [generation], signal), facts, secondsSoFar);
      const head = {
        id: `chatcmpl-${randomUUID()}`,
        created: Math.floor(ports.now() / 1000),
        model: body.model,
      };
      if (body.stream === true) {
        facts.isStream = true;
        const withUsage = body.stream_options?.include_usage === true;
        const chunk = (choices: object[]): object => ({
          ...head,
          object: 'chat.completion.chunk',
          choices,
          ...(withUsage && { usage: choices.length === 0 ? usageOf(facts) : null }),
        });
        const chunks = async function* (): AsyncGenerator<object> {
          const begun = new Set<number>();
          for await (const event of events) {
            const { choice: index, text: content, end } = event;
            const logprobs = hasLogprobs ? { content: logprobsOf(model, event), refusal: null } : null;
            const role = begun.has(index) ? {} : { role: 'assistant' };
            begun.add(index);
            const isNews = content !== '' || end !== undefined || 'role' in role || hasLogprobs;
            const delta = { ...role, content };
            if (isNews) yield chunk([{ index, delta, logprobs, finish_reason: end ?? null }]);
          }
          if (withUsage) yield chunk([]);
        };
        await sendEvents(reply, chunks(), signal, settings.transferTimeout, (error) => {
          facts.status = apiErrorFrom(error).status;
          Object.assign(facts, faultOf(error));
        });
        return reply;
      }
      const answers = Array.from({ length: generation.choices }, (): Gathered => ({
        content: '',
        logprobs: [],
        end: null,
      }));
      for await (const event of events) {
        const answer = answers[event.choice]!;
        answer.content += event.text;
        answer.logprobs.push(...logprobsOf(model, event));
        answer.end = event.end ?? null;
      }
      return {
        ...head,
        object: 'chat.completion',
        choices: answers.map(({ content, logprobs, end }, index) => ({
          index,
          message: { role: 'assistant', content, refusal: null },
          logprobs: hasLogprobs ? { content: logprobs, refusal: null } : null,
          finish_reason: end,
        })),
        usage: usageOf(facts),
      };
    });
  });
}
