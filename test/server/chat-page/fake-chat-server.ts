import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chatPage } from '../../../src/server/chat-page/chat-page.js';

/** Body of a request for an answer, as far as the tests look at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream: boolean;
  readonly temperature?: number;
  readonly max_tokens?: number;
}

/** What a test does with a streamed answer. */
export interface AnswerWriter {
  /** Sends a piece of the answer. */
  piece(text: string): void;
  /** Ends it as the API does. */
  done(): void;
  /** Sends lines as they are. */
  raw(text: string): void;
  readonly response: ServerResponse;
}

/** A server of the page and of the two requests that it makes, whose answers a test writes itself. */
export class FakeChatServer {
  readonly requests: ChatRequest[] = [];
  /** Streams that the page broke off. */
  brokenOff = 0;
  /** Where it is set, requests without it are refused. */
  key: string | undefined;
  models = ['first-model', 'second-model'];
  answer: (request: ChatRequest, writer: AnswerWriter) => void = () => undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#respond(request, response));
  }

  static async start(): Promise<FakeChatServer> {
    const server = new FakeChatServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/') {
      const nonce = randomBytes(16).toString('base64');
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; ` +
          `base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
      );
      response.setHeader('content-type', 'text/html; charset=utf-8').end(chatPage(nonce));
      return;
    }
    if (this.key !== undefined && request.headers.authorization !== `Bearer ${this.key}`) {
      sendError(response, 401, 'Incorrect API key provided.');
      return;
    }
    if (request.url === '/v1/models') {
      const data = this.models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data }));
      return;
    }
    if (request.url === '/v1/chat/completions') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest;
      this.requests.push(body);
      response.on('close', () => {
        if (!response.writableEnded) this.brokenOff++;
      });
      this.answer(body, writerOf(response));
      return;
    }
    sendError(response, 404, 'There is nothing here.');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Refuses a request as OpenAI's API does. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  );
}

function writerOf(response: ServerResponse): AnswerWriter {
  let pieces = 0;
  const raw = (text: string): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text);
  };
  const event = (value: object): void => raw(`data: ${JSON.stringify(value)}\n\n`);
  return {
    response,
    raw,
    piece(text) {
      pieces++;
      event({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });
    },
    done() {
      event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
      event({
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: pieces, total_tokens: pieces + 1 },
      });
      raw('data: [DONE]\n\n');
      response.end();
    },
  };
}
