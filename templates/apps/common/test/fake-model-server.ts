import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the model server gets it. */
export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly input?: readonly string[];
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly response_format?: { readonly type: string };
}

/** What the stand-in for a model says. */
export interface FakeModel {
  readonly answer?: (request: ModelRequest) => string;
  readonly embed?: (text: string) => number[];
  /** Whether the connection breaks before the last piece of a streamed answer. */
  readonly breaksOff?: boolean;
}

/** A server with one model whose answers are made by functions: tests need no model, and no network. */
export interface FakeModelServer {
  readonly environment: { readonly OPENAI_BASE_URL: string };
  readonly requests: ModelRequest[];
  close(): Promise<void>;
}

/** Starts it on a free port. */
export async function startFakeModelServer({
  answer,
  embed,
  breaksOff = false,
}: FakeModel): Promise<FakeModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === '/v1/models') return sendJson(response, { object: 'list', data: [{ id: 'fake' }] });
    const body = JSON.parse(Buffer.concat(chunks).toString()) as ModelRequest;
    requests.push(body);
    if (request.url === '/v1/embeddings' && embed !== undefined) {
      const data = (body.input ?? []).map((text, index) => ({ index, embedding: embed(text) }));
      return sendJson(response, { object: 'list', data });
    }
    if (request.url !== '/v1/chat/completions' || answer === undefined) {
      response.statusCode = 404;
      return sendJson(response, { error: { message: 'There is nothing here.' } });
    }
    const content = answer(body);
    if (body.stream !== true) {
      const message = { role: 'assistant', content };
      return sendJson(response, { choices: [{ index: 0, message, finish_reason: 'stop' }] });
    }
    response.setHeader('content-type', 'text/event-stream');
    const pieces = content.split(/(?<= )/);
    for (const piece of breaksOff ? pieces.slice(0, -1) : pieces) {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: piece } }] })}\n\n`);
    }
    // The pieces before must have been sent when the connection goes.
    if (breaksOff) setTimeout(() => response.destroy(), 20);
    else response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    environment: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sendJson(response: ServerResponse, value: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
