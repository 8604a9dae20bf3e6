import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { apiErrorFrom } from './api-error.js';

/** Ends a stream, as in OpenAI's interface. */
const DONE = 'data: [DONE]\n\n';

function eventText(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/**
 * Sends objects as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Nothing is sent
 * before the first one is there, so that what goes wrong until then is answered with a status of its own; what goes
 * wrong later is the last event.
 *
 * @param signal ends the waiting for a client that reads too slowly
 * @param transferTimeout milliseconds after which a client that takes nothing of what waits for it is cut off
 * @param onError is told what went wrong after the first event
 */
export async function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<object>,
  signal: AbortSignal,
  transferTimeout: number,
  onError: (error: unknown) => void,
): Promise<void> {
  const { raw } = reply;
  const iterator = events[Symbol.asyncIterator]();
  let next = await iterator.next();
  reply.hijack();
  const headers: OutgoingHttpHeaders = {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // Proxies would collect the events.
    'x-accel-buffering': 'no',
  };
  raw.writeHead(200, headers);
  try {
    while (next.done !== true) {
      if (!raw.write(eventText(next.value))) {
        raw.setTimeout(transferTimeout);
        await once(raw, 'drain', { signal });
        raw.setTimeout(0);
      }
      next = await iterator.next();
    }
    raw.setTimeout(transferTimeout);
    raw.end(DONE);
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    onError(reason);
    await iterator.return?.();
    raw.setTimeout(transferTimeout);
    if (raw.writableNeedDrain) raw.destroy();
    else raw.end(eventText(apiErrorFrom(reason).body));
  }
}
