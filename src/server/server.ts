import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import type { ModelPool } from '../core/serving/model-pool.js';
import type { ServingStatistics } from '../core/serving/serving-statistics.js';
import { crossOrigin, hostCheck, keyCheck } from './access.js';
import { ApiError, apiErrorFrom, ClientGone } from './api-error.js';
import { ServerMetrics } from './metrics/server-metrics.js';
import type { RequestFacts } from './request-facts.js';
import { faultOf, logEntry } from './request-log.js';
import { chatCompletionsRoute } from './routes/chat-completions.js';
import { chatPageRoute } from './routes/chat-page.js';
import { completionsRoute } from './routes/completions.js';
import { embeddingsRoute } from './routes/embeddings.js';
import { healthRoute } from './routes/health.js';
import { metricsRoute } from './routes/metrics.js';
import { modelsRoute } from './routes/models.js';
import { readyRoute } from './routes/ready.js';
import type { ServerContext, ServerPorts } from './server-context.js';
import { assertUsable, type ServerSettings } from './server-settings.js';

const ROUTES = [
  chatCompletionsRoute,
  chatPageRoute,
  completionsRoute,
  embeddingsRoute,
  healthRoute,
  metricsRoute,
  modelsRoute,
  readyRoute,
];

/** What needs no key, and is answered while the server ends: the page asks for the key itself. */
const OPEN_ROUTES: ReadonlySet<string> = new Set(['/', '/health', '/ready']);

/** Seconds after which a client may find another server in the place of one that ends. */
const RESTART_SECONDS = 5;

/** How often connections are checked for what has not arrived in time, in milliseconds. */
const CONNECTION_CHECK_INTERVAL = 1000;

/** A server that listens. */
export interface RunningServer {
  /** Where it is reached. */
  readonly url: string;
  /** Refuses what is new, waits for the answers that are being given, and ends the server. */
  drain(): Promise<void>;
}

/** Requests that are not over. */
class OpenRequests {
  private count = 0;
  private wake: (() => void) | undefined;
  private totalSeconds = 0;
  private answered = 0;

  begin(): void {
    this.count++;
  }

  finish({ status, model, seconds }: RequestFacts): void {
    this.count--;
    // Probes and refusals, which take no time, say nothing of how long a slot is taken.
    if (model !== undefined && status === 200) {
      this.answered++;
      this.totalSeconds += seconds;
    }
    if (this.count === 0) this.wake?.();
  }

  /** Seconds in which one more request will probably be taken: what an answer has taken so far, on average. */
  get retrySeconds(): number {
    return Math.max(1, Math.ceil(this.totalSeconds / Math.max(1, this.answered)));
  }

  async none(): Promise<void> {
    while (this.count > 0) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** Answers what is not even HTTP, or came too slowly, and closes the connection. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const isLong = error.code === 'HPE_HEADER_OVERFLOW';
  const [status, words] = isLate
    ? [408, 'Request Timeout']
    : isLong
      ? [431, 'Request Header Fields Too Large']
      : [400, 'Bad Request'];
  const body = JSON.stringify(new ApiError(status as number, `${words}.`).body);
  socket.write(
    `HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
  // A client that keeps its side open would hold the connection for ever.
  socket.destroySoon();
}

function emptyFacts(): RequestFacts {
  return { route: 'unknown', status: 0, seconds: 0, promptTokens: 0, completionTokens: 0 };
}

/** Puts every request through the same checks, and into the log and the metrics. */
function addHooks(server: FastifyInstance, context: ServerContext, open: OpenRequests): void {
  const { settings, ports, metrics } = context;
  const [checkHost, checkKey] = [hostCheck(settings), keyCheck(settings.apiKey)];
  const answerOrigin = crossOrigin(settings.corsOrigin);
  server.decorateRequest('began', 0);
  server.decorateRequest('facts');
  server.addHook('onRequest', (request, reply, done) => {
    request.began = ports.now();
    request.facts = emptyFacts();
    open.begin();
    reply.raw.once('close', () => {
      const { facts } = request;
      facts.route = request.routeOptions.url ?? 'unknown';
      // A stream that failed has told its status already; its headers said 200.
      const { writableFinished, statusCode } = reply.raw;
      if (facts.status === 0) facts.status = writableFinished ? statusCode : new ClientGone().status;
      facts.seconds = (ports.now() - request.began) / 1000;
      open.finish(facts);
      metrics.record(facts);
      ports.log(logEntry(ports.now(), request.id, request.method, facts));
    });
    // Only while an answer waits to be taken: see below, and event-stream.ts.
    reply.raw.once('timeout', () => {
      request.facts.status = new ClientGone().status;
      reply.raw.destroy();
    });
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (answerOrigin(request, reply)) return;
    checkHost(request);
    if (!OPEN_ROUTES.has(request.routeOptions.url ?? '')) checkRequest(request);
    done();
  });
  const checkRequest = (request: FastifyRequest): void => {
    checkKey(request);
    if (!context.isDraining()) return;
    throw new ApiError(503, 'The server is about to end.', {
      code: 'shutting_down',
      retryAfter: RESTART_SECONDS,
    });
  };
  // A client that takes nothing of an answer would keep it in memory, and the server from ending.
  server.addHook('onSend', (_request, reply, _payload, done) => {
    reply.raw.setTimeout(settings.transferTimeout);
    done();
  });
  server.setErrorHandler((error, request, reply) => {
    const told = apiErrorFrom(error, open.retrySeconds);
    if (told.status >= 500) Object.assign(request.facts, faultOf(error));
    const { retryAfter } = told.facts;
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
    if (context.isDraining()) reply.header('connection', 'close');
    return reply.code(told.status).send(told.body);
  });
  server.setNotFoundHandler(() => {
    throw new ApiError(404, 'There is nothing at this address.', { code: 'not_found' });
  });
}

/** Reads bodies as JSON, and as nothing else: not what a page of another origin may send unasked, and no damaged text. */
function addBodyParser(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isUtf8(body)) void parse(request, body.toString(), done);
    else done(new ApiError(400, 'The body is not UTF-8, as JSON must be.'));
  });
}

/** @returns the address in the form that clients take */
async function listen(server: FastifyInstance, { host, port }: ServerSettings): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    await server.close();
    const problem =
      code === 'EADDRINUSE' ? 'another program listens there' : `cannot be listened at (${code})`;
    throw new ToolkitError(
      `${host}, port ${port}: ${problem}`,
      'USAGE',
      'Choose another --port or --host.',
      error,
    );
  }
  const { port: taken } = server.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}

/**
 * Starts a server that speaks OpenAI's HTTP interface.
 *
 * @param models the base model is loaded already; the caller disposes them after `drain`
 * @throws ToolkitError `USAGE` for settings that would let strangers in or are of no use, or an address that is taken
 */
export async function startServer(
  models: ModelPool,
  statistics: ServingStatistics,
  settings: ServerSettings,
  ports: ServerPorts,
): Promise<RunningServer> {
  assertUsable(settings);
  let isDraining = false;
  const { bodyLimit, transferTimeout } = settings;
  const server = fastify({
    bodyLimit,
    requestTimeout: transferTimeout,
    http: { headersTimeout: transferTimeout, connectionsCheckingInterval: CONNECTION_CHECK_INTERVAL },
    genReqId: () => `req_${randomUUID()}`,
    clientErrorHandler: refuseConnection,
    forceCloseConnections: true,
    // Addresses that cannot be read, of which the hooks hear nothing.
    frameworkErrors(error, _request, reply: FastifyReply) {
      const { status, body } = apiErrorFrom(error);
      void reply.code(status).send(body);
    },
    // Answered by the hook, with an error of our own form.
    return503OnClosing: false,
  });
  addBodyParser(server);
  const open = new OpenRequests();
  const context: ServerContext = {
    models,
    settings,
    ports,
    metrics: new ServerMetrics(models, statistics),
    created: Math.floor(ports.now() / 1000),
    isDraining: () => isDraining,
  };
  addHooks(server, context, open);
  for (const addRoute of ROUTES) addRoute(server, context);
  const url = await listen(server, settings);
  return {
    url,
    async drain() {
      isDraining = true;
      await open.none();
      await server.close();
    },
  };
}
