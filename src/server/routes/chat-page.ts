import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { chatPage } from '../chat-page/chat-page.js';

/** `GET /`: a page to talk with the models. */
export function chatPageRoute(server: FastifyInstance): void {
  server.get('/', (_request, reply) => {
    const nonce = randomBytes(16).toString('base64');
    const policy = [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      `style-src 'nonce-${nonce}'`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ];
    return reply
      .header('content-security-policy', policy.join('; '))
      .type('text/html; charset=utf-8')
      .send(chatPage(nonce));
  });
}
