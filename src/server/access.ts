import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';
import { isLoopback, type ServerSettings } from './server-settings.js';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Checks `Authorization: Bearer KEY`, in a time that does not depend on how much of the key is right. */
export function keyCheck(apiKey: string | undefined): (request: FastifyRequest) => void {
  if (apiKey === undefined) return () => undefined;
  const expected = digest(apiKey);
  return ({ headers: { authorization = '' } }) => {
    const given = /^Bearer (.+)$/i.exec(authorization)?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    throw new ApiError(401, 'Give the API key of this server as a bearer token.', {
      type: 'authentication_error',
      code: 'invalid_api_key',
    });
  };
}

/**
 * Refuses names in the Host header that no client on this machine uses: a page whose name resolves to 127.0.0.1 (DNS
 * rebinding) would otherwise be let in as this machine's own.
 */
export function hostCheck({ host }: ServerSettings): (request: FastifyRequest) => void {
  if (!isLoopback(host)) return () => undefined;
  return ({ headers }) => {
    const name = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    if (isLoopback(name.toLowerCase())) return;
    throw new ApiError(403, 'This server answers only to localhost.', { code: 'host_not_allowed' });
  };
}

/** Lets the pages of one origin read answers; answers a browser's question whether it may ask. */
export function crossOrigin(
  corsOrigin: string | undefined,
): (request: FastifyRequest, reply: FastifyReply) => boolean {
  if (corsOrigin === undefined) return () => false;
  return ({ method, headers }, reply) => {
    if (corsOrigin !== '*') reply.header('vary', 'Origin');
    if (corsOrigin !== '*' && headers.origin !== corsOrigin) return false;
    reply.header('access-control-allow-origin', corsOrigin);
    reply.header('access-control-expose-headers', 'x-request-id, retry-after');
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
    const asked = headers['access-control-request-headers'];
    reply.header('access-control-allow-methods', 'GET, POST');
    reply.header('access-control-allow-headers', asked ?? 'authorization, content-type');
    reply.header('access-control-max-age', '600');
    void reply.code(204).send();
    return true;
  };
}
