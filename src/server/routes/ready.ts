import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../server-context.js';

/** `GET /ready`: whether new requests are taken. */
export function readyRoute(server: FastifyInstance, context: ServerContext): void {
  server.get('/ready', (_request, reply) => {
    if (!context.isDraining()) return { status: 'ready' };
    return reply.code(503).send({ status: 'draining' });
  });
}
