import type { FastifyInstance } from 'fastify';

/** `GET /health`: the process answers. */
export function healthRoute(server: FastifyInstance): void {
  server.get('/health', () => ({ status: 'ok' }));
}
