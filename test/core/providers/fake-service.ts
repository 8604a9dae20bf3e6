import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the service received it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** What is answered, or what is done instead. */
export type Reaction = (response: ServerResponse, request: Received) => void;

/** Answers with JSON. */
export function answerWith(value: unknown, status = 200, headers: Record<string, string> = {}): Reaction {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
}

/** A real HTTP server that reacts as the test says: once each in turn, the last one for ever. */
export class FakeService {
  readonly received: Received[] = [];
  /** Requests under way now, and most at any time. */
  inFlight = 0;
  mostInFlight = 0;
  private reactions: Reaction[] = [];
  private readonly server: Server = createServer((request, response) => void this.react(request, response));

  static async start(): Promise<FakeService> {
    const service = new FakeService();
    await new Promise<void>((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  /** Address without a path. */
  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get host(): string {
    return new URL(this.address).host;
  }

  /** Forgets what was, and reacts in these ways from now on. */
  play(...reactions: Reaction[]): void {
    this.received.length = 0;
    this.mostInFlight = 0;
    this.reactions = reactions;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async react(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    let isUnderWay = true;
    for (const event of ['finish', 'close']) {
      response.on(event, () => {
        if (isUnderWay) this.inFlight--;
        isUnderWay = false;
      });
    }
    let text = '';
    for await (const piece of request) text += String(piece);
    const received = {
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(text) as Record<string, unknown>,
    };
    this.received.push(received);
    const reaction = this.reactions.length > 1 ? this.reactions.shift()! : this.reactions[0]!;
    reaction(response, received);
  }
}
