import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type {
  AnswerEnd,
  AnswerEvent,
  GenerationRequest,
  LikelyToken,
  TokenScore,
} from '../../core/serving/generation-request.js';
import type { ServedModel } from '../../core/serving/served-model.js';
import { answerEvents, observed } from '../answer-events.js';
import { apiErrorFrom } from '../api-error.js';
import { sendEvents } from '../event-stream.js';
import { readBody } from '../read-body.js';
import { faultOf } from '../request-log.js';
import { samplingFields, samplingRequest } from '../sampling-fields.js';
import type { ServerContext } from '../server-context.js';
import { textInputs, tokensOf } from '../text-inputs.js';
import { nameToken } from '../token-names.js';
import { usageOf } from '../usage.js';
import { withModel } from '../with-model.js';

/** Prompts of one request at most. */
const MOST_PROMPTS = 256;

/** As in OpenAI's interface. */
const USUAL_MAX_TOKENS = 16;
const MOST_LIKELIEST = 5;

const completionsBody = z
  .strictObject({
    ...samplingFields,
    prompt: textInputs(MOST_PROMPTS),
    max_tokens: z.int().min(1).nullish(),
    echo: z.boolean().nullish(),
    logprobs: z.int().min(0).max(MOST_LIKELIEST).nullish(),
    best_of: z.int().nullish(),
  })
  .refine(({ best_of: bestOf, n }) => bestOf == null || bestOf === (n ?? 1), {
    path: ['best_of'],
    message: 'must be n, if it is given',
  })
  .refine(({ echo, logprobs, n }) => echo !== true || logprobs == null || (n ?? 1) === 1, {
    path: ['n'],
    message: 'must be 1 where echo and logprobs score the prompt',
  });

/** Log-probabilities of an answer's tokens, in the form of this older interface. */
interface TextLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Record<string, number> | null)[];
  readonly text_offset: number[];
}

/** Writes down the tokens of one text as they come. */
class LogprobsWriter {
  private offset = 0;
  private readonly decoder = new TextDecoder();

  constructor(private readonly model: ServedModel) {}

  write(into: TextLogprobs, scores: readonly (TokenScore | LikelyToken)[]): void {
    for (const score of scores) {
      const { name, bytes } = this.name(score);
      const isScored = 'likeliest' in score;
      into.tokens.push(name);
      into.token_logprobs.push(isScored ? score.logProbability : null);
      into.top_logprobs.push(
        isScored
          ? Object.fromEntries(
              score.likeliest.map((likely) => [this.name(likely).name, likely.logProbability]),
            )
          : null,
      );
      into.text_offset.push(this.offset);
      this.offset += this.decoder.decode(bytes, { stream: true }).length;
    }
  }

  /** Parts of characters are told apart by their bytes: `bytes:\xe2\x82`. */
  private name(likely: LikelyToken): { readonly name: string; readonly bytes: Uint8Array } {
    const { token, bytes } = nameToken(this.model, likely);
    if (bytes === null) return { name: token, bytes: Buffer.from(token) };
    const isWhole = isUtf8(Uint8Array.from(bytes));
    const hex = bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
    return { name: isWhole ? token : `bytes:${hex}`, bytes: Uint8Array.from(bytes) };
  }
}

function noLogprobs(): TextLogprobs {
  return { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
}

/** One answer as it comes together. */
interface Gathered {
  text: string;
  readonly logprobs: TextLogprobs;
  end: AnswerEnd | null;
}

/** What an event adds to its answer. */
class EventReader {
  private readonly writers = new Map<number, LogprobsWriter>();

  /** @param echoed for each prompt its text, if answers begin with it */
  constructor(
    private readonly model: ServedModel,
    private readonly requests: readonly GenerationRequest[],
    private readonly echoed: readonly string[] | undefined,
  ) {}

  read(event: AnswerEvent): Gathered {
    const { choice, text, score, promptScores, end = null } = event;
    const { choices } = this.requests[0]!;
    const index = Math.floor(choice / choices);
    const logprobs = noLogprobs();
    let writer = this.writers.get(choice);
    const isFirst = writer === undefined;
    if (writer === undefined) this.writers.set(choice, (writer = new LogprobsWriter(this.model)));
    if (promptScores !== undefined) {
      const [first] = this.requests[index]!.prompt;
      writer.write(logprobs, [{ token: first!, logProbability: 0 }, ...promptScores]);
    }
    if (score !== undefined) writer.write(logprobs, [score]);
    return { text: (isFirst ? (this.echoed?.[index] ?? '') : '') + text, logprobs, end };
  }
}

/** `POST /v1/completions`: texts continued, whole or as they are made. */
export function completionsRoute(server: FastifyInstance, context: ServerContext): void {
  const { ports, settings } = context;
  server.post('/v1/completions', async (request, reply) => {
    const body = readBody(completionsBody, request.body);
    const { facts } = request;
    return withModel(context, request, reply, body.model, async (model, signal) => {
      const prompts = await tokensOf(model, body.prompt, model.contextLength, 'prompt', signal);
      facts.promptTokens = prompts.reduce((sum, { length }) => sum + length, 0);
      if (settings.logPrompts) facts.prompts = body.prompt.map(String);
      const hasLogprobs = body.logprobs != null;
      const isEchoed = body.echo === true;
      // Without a seed every prompt draws by itself, equal ones too.
      const requests = prompts.map((prompt): GenerationRequest => ({
        ...samplingRequest(body, model.vocabulary, () => ports.randomSeed()),
        prompt,
        maxNewTokens: body.max_tokens ?? USUAL_MAX_TOKENS,
        likeliest: body.logprobs ?? undefined,
        scorePrompt: isEchoed && hasLogprobs,
        grammar: undefined,
      }));
      const echoed = isEchoed
        ? body.prompt.map((input, index) =>
            typeof input === 'string' ? input : model.tokenizer.decode(prompts[index]!),
          )
        : undefined;
      const reader = new EventReader(model, requests, echoed);
      const secondsSoFar = (): number => (ports.now() - request.began) / 1000;
      const events = observed(answerEvents(model, requests, signal), facts, secondsSoFar);
      const head = {
        id: `cmpl-${randomUUID()}`,
        object: 'text_completion',
        created: Math.floor(ports.now() / 1000),
        model: body.model,
      };
      const choiceOf = ({ text, logprobs, end }: Gathered, index: number): object => ({
        text,
        index,
        logprobs: hasLogprobs ? logprobs : null,
        finish_reason: end,
      });
      if (body.stream === true) {
        facts.isStream = true;
        const withUsage = body.stream_options?.include_usage === true;
        const chunks = async function* (): AsyncGenerator<object> {
          for await (const event of events) {
            const news = reader.read(event);
            const isNews = news.text !== '' || news.end !== null || hasLogprobs;
            if (isNews) {
              yield { ...head, choices: [choiceOf(news, event.choice)], ...(withUsage && { usage: null }) };
            }
          }
          if (withUsage) yield { ...head, choices: [], usage: usageOf(facts) };
        };
        await sendEvents(reply, chunks(), signal, settings.transferTimeout, (error) => {
          facts.status = apiErrorFrom(error).status;
          Object.assign(facts, faultOf(error));
        });
        return reply;
      }
      const answers = Array.from({ length: prompts.length * (body.n ?? 1) }, (): Gathered => ({
        text: '',
        logprobs: noLogprobs(),
        end: null,
      }));
      for await (const event of events) {
        const news = reader.read(event);
        const answer = answers[event.choice]!;
        answer.text += news.text;
        answer.end = news.end;
        for (const key of ['tokens', 'token_logprobs', 'top_logprobs', 'text_offset'] as const) {
          (answer.logprobs[key] as unknown[]).push(...news.logprobs[key]);
        }
      }
      return { ...head, choices: answers.map(choiceOf), usage: usageOf(facts) };
    });
  });
}
