import { setMaxListeners } from 'node:events';
import type { FastifyReply } from 'fastify';
import { ApiError, ClientGone } from './api-error.js';

/** How long a request may take: until its client goes, or its time is over. */
export interface RequestBounds {
  /** Its reason is the ApiError to answer with. */
  readonly signal: AbortSignal;
  /** Ends what the request has begun, once there is an answer or an error. */
  release(): void;
}

/** Watches the client and the clock until `release`. */
export function requestBounds(reply: FastifyReply, timeoutSeconds: number): RequestBounds {
  const controller = new AbortController();
  // One for each prompt under way: no leak that Node should warn of.
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(() => {
    controller.abort(
      new ApiError(408, `The answer took longer than ${timeoutSeconds} s.`, {
        type: 'timeout_error',
        code: 'request_timeout',
      }),
    );
  }, timeoutSeconds * 1000);
  const onClose = (): void => {
    if (!reply.raw.writableFinished) controller.abort(new ClientGone());
  };
  reply.raw.on('close', onClose);
  if (reply.raw.destroyed) onClose();
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      reply.raw.off('close', onClose);
      controller.abort(new ClientGone());
    },
  };
}
