import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../server-context.js';

/** `GET /metrics`: what the server measures of itself, for Prometheus. */
export function metricsRoute(server: FastifyInstance, { metrics }: ServerContext): void {
  server.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.render()),
  );
}
