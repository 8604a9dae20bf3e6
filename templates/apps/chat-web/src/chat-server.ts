import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { explain, type Environment, type ModelServer } from './model-server.js';

/** The page's files, by the path that asks for them. */
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/chat.css': ['chat.css', 'text/css; charset=utf-8'],
  '/chat.js': ['chat.js', 'text/javascript; charset=utf-8'],
} as const;

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const MOST_MESSAGES = 200;
/** Characters of a message at most. */
const LONGEST_MESSAGE = 100_000;

/** A conversation, ended by the user's message; the system's prompt is the server's own. */
const CONVERSATION = {
  type: 'object',
  required: ['messages'],
  additionalProperties: false,
  properties: {
    messages: {
      type: 'array',
      minItems: 1,
      maxItems: MOST_MESSAGES,
      items: {
        type: 'object',
        required: ['role', 'content'],
        additionalProperties: false,
        properties: {
          role: { enum: ['user', 'assistant'] },
          content: { type: 'string', minLength: 1, maxLength: LONGEST_MESSAGE },
        },
      },
    },
  },
} as const;

interface Conversation {
  readonly messages: { readonly role: 'user' | 'assistant'; readonly content: string }[];
}

/** What the page is told of a request that is refused before the model is asked, by its status. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: `A message has between 1 and ${LONGEST_MESSAGE.toLocaleString('en')} characters, a conversation at most ${MOST_MESSAGES} messages.`,
  413: 'The conversation is too long to be sent. Clear it and begin anew.',
};

/**
 * The server of the page and of its one request, `POST /api/chat`, which is answered by lines of JSON: `{"text":"…"}`
 * for each piece of the answer, `{"error":"…"}` where it breaks off.
 */
export function chatServer({ client, model }: ModelServer, environment: Environment): FastifyInstance {
  const server = fastify({ bodyLimit: 2_000_000 });
  server.addHook('onSend', async (_request, reply) => void reply.headers(HEADERS));

  server.setErrorHandler<FastifyError>(async (error, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ error: REFUSALS[status] ?? error.message });
  });

  for (const [path, [file, type]] of Object.entries(FILES)) {
    const content = readFileSync(new URL(`../../public/${file}`, import.meta.url));
    server.get(path, (_request, reply) => reply.type(type).send(content));
  }

  server.post<{ Body: Conversation }>(
    '/api/chat',
    { schema: { body: CONVERSATION } },
    async (request, reply) => {
      const system = environment['SYSTEM_PROMPT'] ?? '';
      const abort = new AbortController();
      // The model need not finish what nobody reads.
      reply.raw.on('close', () => abort.abort());
      try {
        const stream = await client.chat.completions.create(
          {
            model,
            messages: [
              ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
              ...request.body.messages,
            ],
            stream: true,
          },
          { signal: abort.signal },
        );
        return await reply.type('application/x-ndjson').send(Readable.from(lines(stream, environment)));
      } catch (error) {
        return reply.code(502).send({ error: explain(error, environment) });
      }
    },
  );
  return server;
}

async function* lines(
  stream: AsyncIterable<{ choices: { delta: { content?: string | null } }[] }>,
  environment: Environment,
): AsyncGenerator<string> {
  try {
    for await (const { choices } of stream) {
      const text = choices[0]?.delta.content;
      if (text) yield `${JSON.stringify({ text })}\n`;
    }
  } catch (error) {
    yield `${JSON.stringify({ error: explain(error, environment) })}\n`;
  }
}
